/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handler_frame.h - the frame that the kernel makes on the stack for a signal's handler: reads it,
 * copies it to another stack, and lets its handler begin anew. For x86-64 and aarch64.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "shim/base/kernel_action.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* The arguments of a stub (handler_stack.h) that was called on a stack of ours; the stub itself
 * writes it. */
struct handler_record {
	char *stack;
	uint64_t index, number;
	ucontext_t *context;
	const struct handler_record
		*previous; /* the record of the stub that this one interrupted */
#if defined(__aarch64__)
	uint64_t return_address, frame_record; /* x30 and x29 */
#endif
};

/* The calling thread's thread pointer. */
uintptr_t handler_frame_thread_pointer(void);

/* The stack pointer of what RECORD's signal has interrupted. */
uintptr_t handler_frame_interrupted(const struct handler_record *record);

/* The siginfo of RECORD's signal. */
const siginfo_t *handler_frame_info(const struct handler_record *record);

/* Change RECORD's context so that its signal interrupted HANDLER, OUTER's handler, at its first
 * instruction. FRAME is the copy of OUTER's frame. */
void handler_frame_begin(const struct handler_record *record, const struct handler_record *outer,
	kernel_handler *handler, char *frame);

/*
 * Copy RECORD's frame to where the kernel would have made it on the interrupted stack. In the copy
 * the thread has no alternate stack, and its ss_flags are FLAGS. Returns the copy; NULL if
 * IS_WRITABLE returns false for the SIZE bytes at BEGIN that the copy takes.
 */
char *handler_frame_copy(const struct handler_record *record, int flags,
	bool (*is_writable)(uintptr_t begin, uintptr_t size));
