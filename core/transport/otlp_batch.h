/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_batch.h - lines of event files become one request of OTLP in its JSON form, which is also a
 * line of its file exporter.
 *
 * Events that follow each other and are of one host and one run share a resource. Signal-safe: no.
 * Threads: one.
 */
#pragma once

#include "core/base/json_out.h"
#include "core/events/identity.h"

/* The limits of a request: log records, and bytes of lines. */
#define OTLP_RECORDS_MOST 512
#define OTLP_LINES_MOST ((size_t)512 * 1024)

/* The JSON of a line is some 3 times as long, of what only other programs write perhaps more. */
#define OTLP_TEXT_MOST (16 * OTLP_LINES_MOST)

struct otlp_batch {
	struct text text; /* the request */
	struct json_out json;
	void *parsed; /* memory for the JSON of one line */
	size_t parsed_size;
	char hostname[HOSTNAME_SIZE], run_id[RUN_ID_SIZE];
	size_t records, line_bytes;
};

enum otlp_added {
	OTLP_ADDED,
	OTLP_NO_EVENT, /* the line is no event of vigil's */
	OTLP_NO_ROOM,  /* for this line in this batch; in an empty one: not at all */
};

/* Make BATCH, all zero at first, empty. Returns 0 or -ENOMEM. */
int otlp_batch_begin(struct otlp_batch *batch);

/* Add the COUNT bytes of LINE, without its newline. */
enum otlp_added otlp_batch_add(struct otlp_batch *batch, const char *line, size_t count);

/* Close the request: its JSON is in BATCH->text, and nothing can be added. */
void otlp_batch_close(struct otlp_batch *batch);

/* Release what BATCH holds. */
void otlp_batch_release(struct otlp_batch *batch);
