/* SPDX-License-Identifier: Apache-2.0 */
/*
 * straggler.h - the rank, or the process, for which all others waited in vain.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attempt_context.h"

/* Where a process stood when it was ended. */
enum standing {
	STANDING_UNKNOWN, /* it has no stack, or one that may be either */
	STANDING_WAITING, /* in a function that communicates with other processes */
	STANDING_ELSEWHERE
};

/* FRAME is in a function that communicates with other processes. */
bool standing_communicates(const struct frame *frame);

/* By the stack of EVENT, a termination. */
enum standing standing_by(const struct event *event);

/* The rank for which all others waited in vain, and which ran until it was ended; NULL: there is
 * none. */
const struct rank_result *straggler_of(const struct attempt_context *context);

/* The rank that alone stood elsewhere when it was ended, while all others waited for others:
 * REPORTER did, who failed first, and the rest by what they said or by their stacks. NULL: there is
 * none. */
const struct rank_result *straggler_by_stack(
	const struct attempt_context *context, const struct rank_result *reporter);

/* Makes the first candidate, which is STRAGGLER, say where it stood, and what PEER said. */
void straggler_explain(const struct attempt_context *context, const struct rank_result *straggler,
	const struct rank_result *peer);
