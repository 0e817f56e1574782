/* SPDX-License-Identifier: Apache-2.0 */
/*
 * positions.h - where ranks were, as a reader needs it: ranks in the same functions of the program
 * together.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/position_stack.h"

/* Finds the positions of ATTEMPT's ranks, by the stacks that STACK_OF has; with BY_DOING those are
 * different where ranks do different things, else only where some are stopped. Returns 0, and the
 * positions in the report's memory, of most ranks first; or -ENOMEM. */
int positions_find(struct report *report, const struct attempt *attempt, position_stack *stack_of,
	bool by_doing, struct position **ret_positions, size_t *ret_count);

/* Sets *RET_WHERE to where PROCESS was by the stack of END, as a position reads: "PMPI_Recv, called
 * by exchange (ring.c:20)", "" where that is not known, in the report's memory. Returns 0 or
 * -ENOMEM. */
int position_where(struct report *report, const struct process *process,
	const struct termination *end, const char **ret_where);
