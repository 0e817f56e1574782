/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind_code.h - what the instructions around a pc reveal about the stack, where no table does.
 *
 * A call leaves its mark: the word that it has pushed points behind it, and a direct call names the
 * function that it leads to. Signal-safe: yes. Threads: one at a time per reader.
 */
#pragma once

#include "core/base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)

/* Whether the instruction before PC is a call. */
bool code_follows_call(struct memory_reader *code, uint64_t pc);

/*
 * Whether the instruction at PC is one that stands where a function begins or ends, so that its
 * return address is *RET_DISTANCE above the stack pointer.
 */
bool code_is_at_edge(struct memory_reader *code, uint64_t pc, uint64_t *ret_distance);

/* Whether the instruction before PC pushes the frame pointer, as the first of a function does. */
bool code_follows_push(struct memory_reader *code, uint64_t pc);

/* Whether BACK is the return address of a direct call to the function that PC is in, as far as the
 * code shows: the call's target lies a little before PC, where a function may begin, and sets up no
 * frame pointer. */
bool code_called_from(struct memory_reader *code, uint64_t pc, uint64_t back);

#endif
