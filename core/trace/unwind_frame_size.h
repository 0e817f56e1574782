/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind_frame_size.h - the frame pointer of a function, where only its stack pointer is known.
 *
 * The kernel shows no other register of a thread that waits. The distance of the two is what the
 * function's code takes from the stack pointer; that counts only if the return address, which then
 * has its place, too, is that of a call of this function. Signal-safe: yes. Threads: one at a time
 * per reader.
 */
#pragma once

#include "core/trace/cfi.h"

/* Find the frame pointer of FUNCTION, whose rules at PC are ROW, and whose stack pointer is SP.
 * Returns false, and *RET_FP as it was, where it is not certain, and on all machines but x86-64. */
bool frame_size_find_fp(struct memory_reader *code, struct memory_reader *stack,
	const struct cfi_function *function, const struct cfi_row *row, uint64_t pc, uint64_t sp,
	uint64_t *ret_fp);
