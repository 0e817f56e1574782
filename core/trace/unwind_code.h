/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind_code.h - what the instructions around a pc reveal about the stack, for code without
 * tables.
 *
 * The return address that a call has pushed points behind the call, and a direct call contains the
 * address of the called function. Signal-safe: yes. Threads: one at a time per reader.
 */
#pragma once

#include "core/base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)

/* Whether the instruction before PC is a call. */
bool code_follows_call(struct memory_reader *code, uint64_t pc);

/* Whether the instruction at PC begins or ends a function, so that the function's return address is
 * *RET_DISTANCE bytes above the stack pointer. */
bool code_is_at_edge(struct memory_reader *code, uint64_t pc, uint64_t *ret_distance);

/* Whether the instruction before PC pushes the frame pointer, as a function's first one does. */
bool code_follows_push(struct memory_reader *code, uint64_t pc);

/* Whether BACK probably is the return address of a direct call to the function that contains PC:
 * the call's target is a little before PC, where a function may begin, and sets up no frame
 * pointer. */
bool code_called_from(struct memory_reader *code, uint64_t pc, uint64_t back);

#endif
