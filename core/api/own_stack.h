/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_stack.h - the stack of a call of the public API, as the program sees it.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/include/vigil/logging.h"
#include "core/trace/trace.h"

/* The current stack, symbolized, to be given back by own_stack_give(). CALLER is the return address
 * of the API's function; the frames before *RET_FIRST are the API's own. NULL when out of memory.
 */
struct trace *own_stack_take(const void *caller, unsigned *ret_first);

/* Give back what own_stack_take() gave, or NULL. */
void own_stack_give(struct trace *trace);

/* Append Python's stack_info: the stack up to CALLER, the outermost frame first. CALL has the file
 * and line of the innermost frame. */
void own_stack_describe(struct text *text, const void *caller, const struct vigil_call *call);
