/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_stack.h - the stack of a call of the public API, as the program sees it.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/include/vigil/logging.h"
#include "core/trace/trace.h"

/*
 * The caller's stack, symbolized, for own_stack_give(). The frames before *RET_FIRST are ours:
 * CALLER is where the API's function returns to. NULL when there is no memory.
 */
struct trace *own_stack_take(const void *caller, unsigned *ret_first);

/* Give back what own_stack_take() gave, or NULL. */
void own_stack_give(struct trace *trace);

/* Append the stack that ends in CALLER, the outermost frame first: Python's stack_info. CALL says
 * what it knows of the innermost one. */
void own_stack_describe(struct text *text, const void *caller, const struct vigil_call *call);
