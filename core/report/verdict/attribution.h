/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribution.h - the parts that attribute() puts together, lowest first: candidates.c,
 * secondary_failures.c, roles.c.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attempt_context.h"

/* More than these cannot be distinguished by anybody: of candidates and concurrent failures. */
#define CANDIDATES_MOST 16

/*
 * Add a candidate, with the evidence of its termination. The first is the root cause; a rank is
 * there once; none is added beyond CANDIDATES_MOST.
 *   - RESULT has a termination.
 *   - RESULT has none, and EVIDENCE says why it is believed to be dead.
 *   - PROCESS is of no rank.
 */
void candidate_add(struct attempt_context *context, const struct rank_result *result);
void candidate_add_silent(
	struct attempt_context *context, const struct rank_result *result, const char *evidence);
void candidate_add_process(struct attempt_context *context, const struct process *process);

/* RESULT is no candidate, and failed by itself so soon after one (CONCURRENT_US) that it need not
 * follow from that. */
bool is_concurrent_failure(const struct attempt_context *context, const struct rank_result *result);

/* Sets the concurrent failures of the attempt, whose candidates are set, by their ranks; as many as
 * there is room for. Returns 0 or -ENOMEM. */
int concurrent_failures_set(struct attempt_context *context);

/*
 * Where every failure only follows from another (lost peers, ended ranks, ranks without a
 * termination): sets the candidates of the attempt with their confidence, or the explanation why
 * there are none, or neither.
 */
void blame_secondary(struct attempt_context *context);

/* The job succeeded, and yet its launcher killed ranks because one had left before MPI_Finalize:
 * that one is the candidate. */
void blame_early_leaver(struct attempt_context *context);

/* "nobody failed first: it was ended from outside (REASON)", in the report's memory. */
const char *explain_ended(struct report *report, const char *reason);

/* Sets role, and what there is to add to reason, of every result of the attempt, whose candidates
 * are set. */
void roles_set(const struct attempt_context *context);
