/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_gather.h - what has come into the event files of a spool, as one batch for OTLP, and how far
 * each file counts as sent once the batch was taken.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/transport/otlp_batch.h"
#include "core/transport/spool.h"

/* How many files a batch may be of. */
#define GATHER_PARTS_MOST 256

struct gather {
	struct otlp_batch batch;
	size_t records_most; /* fewer than OTLP_RECORDS_MOST once a receiver found a batch too big
			      */
	struct {
		size_t file;
		uint64_t end;
	} parts[GATHER_PARTS_MOST];
	size_t part_count;
	uint64_t too_long; /* events that no batch has room for: passed over */
	char *lines;	   /* malloc'ed: OTLP_LINES_MOST bytes */
};

/* Make GATHER ready. Returns 0; or -ENOMEM, and it holds nothing. */
int gather_begin(struct gather *gather);

/* Take what SPOOL has that was not sent, as much as a batch takes, and count it as sent there. What
 * is no whole line stays. Returns whether there is something: also lines that are no events, which
 * make a batch without records. */
bool gather_take(struct gather *gather, struct spool *spool);

/* The batch was taken: note it in SPOOL. */
void gather_acknowledge(struct gather *gather, struct spool *spool);

/* Release what GATHER holds. */
void gather_end(struct gather *gather);
