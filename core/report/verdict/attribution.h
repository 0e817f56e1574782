/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribution.h - the functions of attribute_process.c, candidates.c, secondary_failures.c,
 * common_cause.c, partners.c and roles.c that attribute() calls.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attempt_context.h"

/* How many candidates and concurrent failures an attempt has at most. */
#define CANDIDATES_MOST 16

/*
 * Add a candidate, with the evidence of its termination. The first candidate is the root cause. A
 * rank is added once, and none beyond CANDIDATES_MOST.
 *   - candidate_add(): RESULT has a termination.
 *   - candidate_add_silent(): RESULT has none; EVIDENCE says why the rank is believed to be dead.
 *   - candidate_add_process(): the cause of CHAIN is of no rank.
 */
void candidate_add(struct attempt_context *context, const struct rank_result *result);
void candidate_add_silent(
	struct attempt_context *context, const struct rank_result *result, const char *evidence);
void candidate_add_process(struct attempt_context *context, const struct chain *chain);

/* The error trace of PROCESS, whole, in the report's memory; "" where there is none. */
const char *finding_trace(struct report *report, const struct process *process);

/* RESULT is no candidate, and failed by itself so soon after one (CONCURRENT_US) that its failure
 * need not follow from the candidate's. */
bool is_concurrent_failure(const struct attempt_context *context, const struct rank_result *result);

/* Sets the concurrent failures of the attempt, whose candidates are set, in the order of their
 * ranks; as many as there is room for. Returns 0 or -ENOMEM. */
int concurrent_failures_set(struct attempt_context *context);

/* OTHER failed by itself after FIRST, and as FIRST did, so soon that it need not follow from that.
 */
bool common_failures(const struct attempt_context *context, const struct rank_result *first,
	const struct rank_result *other);

/* Where all ranks of the attempt failed alike and nearly at once: sets common and explanation, and
 * makes every rank a candidate, the first to fail the first. */
void common_cause_set(struct attempt_context *context);

/* All ranks of the attempt but one failed alike, FIRST before the others, and that one did not fail
 * by itself: they may as well have waited for it. */
bool others_failed_alike(const struct attempt_context *context, const struct rank_result *first);

/* For an attempt in which every failure follows from another one (lost peers, ended ranks, ranks
 * without a termination): sets its candidates with their confidence, or the explanation why there
 * are none, or neither. */
void blame_secondary(struct attempt_context *context);

/* For a job of which no rank failed, and which failed: makes the process that failed first the
 * candidate, or explains why there is none. */
void blame_process(struct attempt_context *context);

/* For a job that succeeded although its launcher killed ranks because one had left before
 * MPI_Finalize: makes that one the candidate. */
void blame_early_leaver(struct attempt_context *context);

/*
 * In a job without ranks, whose processes may talk to each other all the same:
 *   - partner_that_failed(): LOSER, which has a termination, says that another was gone, and this
 *     one had failed by itself while LOSER ran: the first such. NULL: there is none.
 *   - partner_that_did_not_come(): the time of LOSER ran out, and this one, which alone stood
 *     elsewhere than where others are waited for, was ended later. NULL: there is none.
 *   - partner_may_explain(): nobody knows what PROCESS said, and there is one such.
 *   - partner_may_have_failed(): LOSER says so, and another process that it may have talked to was
 *     there then.
 */
const struct process *partner_that_failed(const struct report *report, const struct process *loser);
const struct process *partner_that_did_not_come(
	const struct report *report, const struct process *loser);
bool partner_may_explain(const struct report *report, const struct process *process);
bool partner_may_have_failed(const struct report *report, const struct process *loser);

/* "nobody failed first: it was ended from outside (REASON)", in the report's memory. */
const char *explain_ended(struct report *report, const char *reason);

/* Sets role of every result of the attempt, whose candidates are set, and extends reason by what
 * the role explains. */
void roles_set(const struct attempt_context *context);
