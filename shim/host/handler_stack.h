/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handler_stack.h - the host's handlers that are called on our stacks run where they would without
 * us: those with SA_ONSTACK, and those of SIGSEGV.
 *
 * The kernel runs such a handler on the alternate stack of the thread that gets the signal. If the
 * host has set none for the thread, that is ours (threads.h), which is small. So a stub is
 * installed in place of the handler. If the kernel calls the stub on a stack of ours, it copies the
 * kernel's frame to the interrupted stack, where the kernel would have made it without us, takes
 * our stack from the thread for good, and jumps to the handler; the frame says that there is no
 * alternate stack. That happens once in a thread, and costs some microseconds; otherwise the stub
 * is some ten instructions and a jump. SA_ONSTACK stays in the kernel's table, because another
 * thread may have a stack of the host's. To give threads no stacks if such a handler is set would
 * leave many out: every Python since 3.10 sets one, for SIGINT.
 *
 * If the interrupted stack has no room for the frame, as after an overflow, the handler could not
 * run without us, and does not run: the overflow is reported, and the process dies of SIGSEGV, as
 * it would by the kernel. So an overflow in any thread is reported although the host handles
 * SIGSEGV. For that a handler of SIGSEGV without SA_ONSTACK (Open MPI's, libgfortran's) has a stub
 * and SA_ONSTACK in the kernel's table, too, which the host does not see. It has none once the host
 * sets an alternate stack by sigaltstack(), where the kernel would call the stub.
 *
 * A stub belongs to one handler for good, so that a signal gets a consistent action of the host's
 * even if another thread changes it at that moment, and in a vfork child. There are 128 stubs, and
 * 16 for handlers without SA_ONSTACK; such a handler beyond 16 is left to the kernel. Some handlers
 * run on our stack if the thread has no other: those beyond 128, those that a host sets by
 * the system call instruction (Go, sanitizers), and those of a Go runtime with cgo, which takes our
 * stack for its own. Two differences are left. A handler without a stub sees our stack in its
 * `uc_stack`. If the kernel delivers two signals at one instant, the first with
 * SA_ONSTACK and the second without, the second one's handler runs on our stack that one time.
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/*
 * A stack of ours is recognised in the kernel's frame by its beginning, HANDLER_STACK_HEAD above
 * the beginning of a page, and by its odd size. The head is not part of the stack that the kernel
 * gets.
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

/* If ACTION, of signal NUMBER, has a handler, and SA_ONSTACK or NUMBER is SIGSEGV, replace the
 * handler by a stub that calls it. ACTION stays as it is if no stub is left. */
void handler_stack_take(int number, struct sigaction *action);

/* From now on no handler without SA_ONSTACK is replaced: the host has alternate stacks. */
void handler_stack_avoid(void);

/* If ACTION's handler is a stub, turn ACTION into what the host has set. Returns whether it was a
 * stub. */
bool handler_stack_hide(struct sigaction *action);

/* The calling thread has set an alternate stack of its own, or disabled its stack: from now on
 * ss_flags in the kernel's frames are right. */
void handler_stack_forget(void);
