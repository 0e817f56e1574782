/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handler_stack.h - the host's handlers with SA_ONSTACK run where they would without us.
 *
 * The kernel runs such a handler on the alternate stack of the thread that gets the signal. Where
 * the thread has none of the host's, that is ours (threads.h), which is small. So a stub is
 * installed in front of the handler: where the kernel has put it on a stack of ours, the stub
 * copies the kernel's frame to where the kernel would have made it, on the interrupted stack, takes
 * our stack from the thread for good, and jumps to the handler. The frame says that there is no
 * alternate stack. So this happens once in a thread, and costs some microseconds; everywhere else
 * the stub is some ten instructions and a jump. SA_ONSTACK stays in the kernel's record, as another
 * thread may have a stack of the host's. To give no stacks where such a handler is set is no
 * choice: every Python since 3.10 sets one, for SIGINT.
 *
 * Where the frame has no room, as after an overflow, the handler cannot run without us and does
 * not: the overflow is reported, and the process dies of SIGSEGV, as the kernel has it. So an
 * overflow is reported although the host handles SIGSEGV, in any thread, if its handler has
 * SA_ONSTACK.
 *
 * A stub belongs to one handler for good, so that the kernel always has one whole action of the
 * host's, also for a signal that comes while another thread changes it, and in a vfork child. There
 * are 128; handlers beyond them, those that a host sets by the instruction itself (Go, sanitizers),
 * and those of a Go runtime with cgo, which takes our stack for its own, run on our stack where the
 * thread has no other. Two differences are left: without SA_ONSTACK a handler is called as ever,
 * and its `uc_stack` shows our stack; and of two signals that the kernel delivers at one instant,
 * the first with SA_ONSTACK and the second without, the second one's handler runs on our stack that
 * one time. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/*
 * How a stack of ours is recognised in the kernel's frame: it begins HANDLER_STACK_HEAD above the
 * beginning of a page, and has this odd size. The head is no part of the stack that the kernel is
 * given.
 */
#define HANDLER_STACK_HEAD 64
#define HANDLER_STACK_SIZE (81920 - HANDLER_STACK_HEAD)

struct handler_stack_head {
	const void *record; /* the record of a stub that is on the stack */
	int flags;	    /* ss_flags of the thread without this stack: 0 or SS_DISABLE */
};

/* Constructor only: threads get stacks of ours. Until then the functions below change nothing. */
void handler_stack_use(void);

/* Whether threads have stacks of ours. */
bool handler_stack_is_used(void);

/* Make a stub ACTION's handler, in front of the host's, if it has SA_ONSTACK. ACTION stays as it is
 * when there is no handler, or no stub left. */
void handler_stack_take(struct sigaction *action);

/* Turn ACTION, if its handler is a stub, into what the host has set. Returns whether it is a stub.
 */
bool handler_stack_hide(struct sigaction *action);

/* The calling thread has set an alternate stack of its own, or none: ss_flags in the kernel's frame
 * are right from here on. */
void handler_stack_forget(void);
