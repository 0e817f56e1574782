/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handler_frame.h - the stubs before handlers, and the kernel's frame of a signal: what depends on
 * the machine of handler_stack.h.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* Handlers without SA_SIGINFO have the even stubs, those with it the outliers. */
#define HANDLER_STUBS 128
#define HANDLER_STUB_SIZE 16

/* What a stub on a stack of ours was called with; it writes this itself. */
struct handler_record {
	char *stack;
	uint64_t index, number;
	ucontext_t *context;
	const struct handler_record *previous; /* of the stub that was there when this one came */
#if defined(__aarch64__)
	uint64_t return_address, frame_record; /* x30 and x29 */
#endif
};

typedef void handler_function(int, siginfo_t *, void *);

/* The host's handlers behind the stubs. */
extern _Atomic(handler_function *) handler_stack_table[HANDLER_STUBS]
	__attribute__((visibility("hidden")));

/*
 * The thread pointer of the first thread when our stack was taken from it: the kernel says then
 * that its stack was switched off, and of a thread that never had one, nothing. 0: it is right.
 */
extern _Atomic uintptr_t handler_stack_first __attribute__((visibility("hidden")));

/* Not 0: the host takes our stacks for its own, and handlers stay there. */
extern _Atomic int handler_stack_adopted __attribute__((visibility("hidden")));

/* The first stub. */
extern char handler_frame_stubs[] __attribute__((visibility("hidden")));

/*
 * Called by the stub on a stack of ours, which it leaves for the place that this returns, where
 * RECORD's frame has been copied to. With NULL the handler is not to be called, and the stub
 * returns to the kernel.
 */
void *handler_stack_move(struct handler_record *record) __attribute__((visibility("hidden")));

/* Called by the stub when it has left STACK. */
void handler_stack_give_up(char *stack) __attribute__((visibility("hidden")));

/* The calling thread's. */
uintptr_t handler_frame_thread_pointer(void);

/* The stack pointer of what RECORD's signal has interrupted. */
uintptr_t handler_frame_interrupted(const struct handler_record *record);

/* What the kernel says of RECORD's signal. */
const siginfo_t *handler_frame_info(const struct handler_record *record);

/* Whether RECORD's signal has interrupted a stub before it wrote its record: then *RET_RECORD is
 * what it would have written. */
bool handler_frame_of_stub(const struct handler_record *record, struct handler_record *ret_record);

/* Let RECORD's signal have interrupted the handler of OUTER at its first instruction; FRAME is the
 * copy of OUTER's frame. */
void handler_frame_begin(
	const struct handler_record *record, const struct handler_record *outer, char *frame);

/*
 * Copy RECORD's frame to where the kernel would have made it, had it been on the interrupted stack;
 * it shows a thread without alternate stack, whose ss_flags are FLAGS. IS_WRITABLE is asked first
 * whether the SIZE bytes at BEGIN are there. Returns the copy, NULL when they are not.
 */
char *handler_frame_copy(const struct handler_record *record, int flags,
	bool (*is_writable)(uintptr_t begin, uintptr_t size));
