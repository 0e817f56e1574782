/* SPDX-License-Identifier: Apache-2.0 */
/*
 * position_stack.h - which stack says where a rank was: its own of when it ended, or what
 * `vigil run` saw from outside before that.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* The event with the stack that stands for RESULT, and in *PROCESS the process that it is of, where
 * that is not RESULT's ended one; NULL: there is none. */
typedef const struct termination *position_stack(
	const struct rank_result *result, const struct process **process);

/* The process of RESULT that `vigil run` looked at not long before it ended; NULL: it looked at
 * none. */
const struct process *position_seen(const struct rank_result *result);

/* What to take for the ranks of ATTEMPT, a job that was ended. */
position_stack *position_stack_of(const struct attempt *attempt);
