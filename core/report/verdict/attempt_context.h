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
	const struct process *root; /* what began the launch: the job's first process, or one of its
				       launchers; never NULL */
	/* Of each failure class, among the ranks that were seen: the first (the lowest rank, of
	 * those without a termination; NULL: there is none), and how many. */
	const struct rank_result *first[FAILURE_COUNT_];
	size_t count[FAILURE_COUNT_];
	size_t seen; /* ranks that were seen, with or without a termination */
};

/* The context of ATTEMPT, one of REPORT's, whose results are set. */
struct attempt_context attempt_context_of(struct report *report, struct attempt *attempt);

/* One rank alone among others got a signal from an unknown sender: that is the rank's failure, and
 * not the job's end. */
bool context_one_signalled(const struct attempt_context *context);

/* The first that was ended: by its launcher, by the terminal, or with others by somebody else.
 * NULL: none was. */
const struct rank_result *context_first_ended(const struct attempt_context *context);

/* The first that reported a peer to be gone, or not to come. NULL: none did. */
const struct rank_result *context_first_peer(const struct attempt_context *context);

/* ONE is there, and ended before THAN, if that is there. */
bool context_earlier(const struct rank_result *one, const struct rank_result *than);

/* ONE ended more than GRACE_US before OTHER, and by more than the clocks may differ. */
bool context_before(const struct attempt_context *context, const struct rank_result *one,
	const struct rank_result *other, int64_t grace_us);

/* Which of ONE and OTHER ended first cannot be known: they are of two clocks and too close. */
bool context_together(const struct attempt_context *context, const struct rank_result *one,
	const struct rank_result *other);

/* The launcher of RESULT, which has a termination, had requested it to end so long before it failed
 * that it failed because of that. */
bool context_was_requested(const struct attempt_context *context, const struct rank_result *result);

/* RESULT, which has a termination, or others before it were being ended: it failed because of that.
 */
bool context_was_ending(const struct attempt_context *context, const struct rank_result *result);

/* RESULT was seen and has no termination, and its launcher reported that it killed it. */
bool context_was_killed_unreported(
	const struct attempt_context *context, const struct rank_result *result);
