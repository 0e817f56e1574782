/* SPDX-License-Identifier: Apache-2.0 */
/*
 * victims.h - the ranks of an attempt that did not fail first, in groups that fit a line each.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/report/job/ranks.h"
#include "core/report/verdict/model.h"
#include "core/report/verdict/places.h"

#define VICTIM_GROUPS_MOST 24
#define VICTIM_TEXT_SIZE 256

struct victim_group {
	int kind; /* which label; the table is in victims.c */
	size_t count;
	char label[48];		       /* "2 ranks lost their peer" */
	char reason[VICTIM_TEXT_SIZE]; /* "exit 1  RuntimeError: Connection closed by peer" */
	struct rank_list ranks;
	struct place_list places; /* of ranks that failed by themselves */
	bool has_delta;
	int64_t delta_us; /* of the first of them, after the root cause */
};

struct victims {
	struct victim_group groups[VICTIM_GROUPS_MOST]; /* by kind, then by rank */
	size_t count;
	int label_width, ranks_width, reason_width;
};

/* The groups of ATTEMPT, whose roles are set; plain data. */
struct victims victims_of(const struct attempt *attempt);
