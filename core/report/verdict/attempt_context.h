/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt_context.h - the terminations of an attempt's ranks side by side: the first of each
 * failure class, and which came before which.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

struct attempt_context {
	struct report *report;
	struct attempt *attempt;
	const struct process *root; /* began the launch: the job's first process, or a launcher */
	/* Of each failure class, among the ranks that were seen: the earliest termination (of
	 * FAILURE_NONE the lowest rank; NULL: none), and how many. */
	const struct rank_result *first[FAILURE_COUNT_];
	size_t count[FAILURE_COUNT_];
	size_t seen; /* ranks that were seen, with or without a termination */
};

/* The context of ATTEMPT, one of REPORT's, whose results are set. */
struct attempt_context attempt_context_of(struct report *report, struct attempt *attempt);

/* One rank alone, and not the only one of the attempt, got a signal from an unknown sender: that is
 * the failure of this rank, and not the end of the job from outside. */
bool context_one_signalled(const struct attempt_context *context);

/* The first rank that was ended: by its launcher, by the terminal, by MPI's library for lack of its
 * launcher, or together with other ranks by an unknown sender. NULL: none was. */
const struct rank_result *context_first_ended(const struct attempt_context *context);

/* The first rank that reported that a peer was gone or did not come. NULL: none did. */
const struct rank_result *context_first_peer(const struct attempt_context *context);

/* ONE is not NULL, and THAN is NULL or terminated later. */
bool context_earlier(const struct rank_result *one, const struct rank_result *than);

/* ONE terminated more than GRACE_US before OTHER, plus the error of the clocks if they have two. */
bool context_before(const struct attempt_context *context, const struct rank_result *one,
	const struct rank_result *other, int64_t grace_us);

/* ONE and OTHER have different clocks and are too close to know which terminated first. */
bool context_together(const struct attempt_context *context, const struct rank_result *one,
	const struct rank_result *other);

/* The launcher of RESULT, which has a termination, had requested it to end, so long before it
 * failed that the request explains the failure. */
bool context_was_requested(const struct attempt_context *context, const struct rank_result *result);

/* RESULT, which has a termination, had a kill request of its launcher, or other ranks had been
 * ended before: that explains its failure. */
bool context_was_ending(const struct attempt_context *context, const struct rank_result *result);

/* RESULT was seen and has no termination, and its launcher reported a kill() to it. */
bool context_was_killed_unreported(
	const struct attempt_context *context, const struct rank_result *result);
