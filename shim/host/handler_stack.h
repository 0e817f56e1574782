/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handler_stack.h - the host's handlers with SA_ONSTACK run where they would without us.
 *
 * The kernel runs such a handler on the alternate stack of the thread that gets the signal. Where
 * the thread has none of the host's, that is ours (threads.h), which is small. So a stub stands
 * before the handler: where the kernel has put it on a stack of ours, the stub copies the kernel's
 * frame to where the kernel would have made it, on the interrupted stack, takes our stack from the
 * thread, and calls the handler there. The frame says that there is no alternate stack. Everywhere
 * else the stub is some ten instructions and a jump.
 *
 * A stub belongs to one handler for good, so that what the kernel has is always one whole action of
 * the host's, also for a signal that comes while another thread changes it, and in a vfork child.
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/*
 * What a stack of ours is known by in the kernel's frame: it lies HANDLER_STACK_HEAD above a page's
 * begin, and has this odd size. The head is no part of what the kernel is reported.
 */
#define HANDLER_STACK_HEAD 64
#define HANDLER_STACK_SIZE (81920 - HANDLER_STACK_HEAD)

struct handler_stack_head {
	const void *record; /* what a stub on the stack has noted */
	int flags; /* that the kernel shows of the thread without this stack: 0 or SS_DISABLE */
};

/* Constructor only: threads get stacks of ours. Until then the functions below change nothing. */
void handler_stack_use(void);

/* Whether threads have stacks of ours. */
bool handler_stack_is_used(void);

/* Put a stub before ACTION's handler if it has SA_ONSTACK. ACTION stays as it is when there is no
 * handler, or no stub left. */
void handler_stack_take(struct sigaction *action);

/* What the host asked for, where a stub is ACTION's handler. Returns whether one is. */
bool handler_stack_hide(struct sigaction *action);

/* The calling thread has set a stack of its own, or none: what the kernel says of it is right from
 * here on. */
void handler_stack_forget(void);
