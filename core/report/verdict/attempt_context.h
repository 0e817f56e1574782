/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt_context.h - the ends of an attempt's ranks seen side by side: which was the first of each
 * failure class, and what came before what.
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
	const struct rank_result *first[FAILURE_COUNT_]; /* NULL: there is none of that failure
						      class; those without an end: the first rank */
	size_t count[FAILURE_COUNT_];
};

/* Looks at ATTEMPT, one of REPORT's, whose members are set. */
struct attempt_context attempt_context_of(struct report *report, struct attempt *attempt);

/* Ranks that were seen, with or without an end. */
size_t context_ranks_seen(const struct attempt_context *context);

/* The first that was ended: by its launcher, by the terminal, or with others by somebody else.
 * NULL: none was. */
const struct rank_result *context_first_ended(const struct attempt_context *context);

/* ONE's end came more than GRACE_US before OTHER's, and the clocks can report. */
bool context_before(const struct attempt_context *context, const struct rank_result *one,
	const struct rank_result *other, int64_t grace_us);

/* The ends of ONE and OTHER cannot be distinguished: they are of two hosts and too close. */
bool context_together(const struct attempt_context *context, const struct rank_result *one,
	const struct rank_result *other);

/* KILLED was dead, as its waiter saw, before the waiter of OTHER knew of that one's end: nobody
 * killed it for that. */
bool context_died_unprompted(const struct rank_result *killed, const struct rank_result *other);

/* ONE ended before THAN; also where only ONE is there. */
bool context_earlier(const struct rank_result *one, const struct rank_result *than);

/* Its launcher had asked MEMBER to end before it failed, so long that this is what it failed of. */
bool context_was_requested(const struct attempt_context *context, const struct rank_result *result);

/* MEMBER, or others, had been reported to end before it failed: it failed because of that. */
bool context_was_ending(const struct attempt_context *context, const struct rank_result *result);

/* MEMBER has no end of which anybody reported, and its launcher reported that it killed it. */
bool context_was_killed_unreported(
	const struct attempt_context *context, const struct rank_result *result);

/* The first that says that a peer was gone, or did not come. */
const struct rank_result *context_first_peer(const struct attempt_context *context);
