/* SPDX-License-Identifier: Apache-2.0 */
/*
 * candidates.h - puts those that may have failed first into an attempt, with the evidence of their
 * ends.
 *
 * The first one added is the root cause. Nobody is added twice, and not more than CANDIDATES_MOST.
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attempt_context.h"

/* More than these cannot be distinguished by anybody. */
#define CANDIDATES_MOST 16

/* A rank that has an end. */
void candidate_add(struct attempt_context *context, const struct rank_result *result);

/* A rank that has an end, behind all candidates: none is added after that. Returns what was made of
 * it, or NULL when there is no room. */
struct finding *candidate_add_behind(
	struct attempt_context *context, const struct rank_result *result);

/* A rank that has none, and why it is believed to be dead. */
void candidate_add_silent(
	struct attempt_context *context, const struct rank_result *result, const char *evidence);

/* A process that is no rank. */
void candidate_add_process(struct attempt_context *context, const struct process *process);
