/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack.h - runs our own work on stacks of our own: what the host's has left may be a few hundred
 * bytes (a signal handler on a MINSIGSTKSZ alternate stack, a coroutine, RLIMIT_STACK).
 *
 * There are a few, the first in static memory, the others mapped when that one is taken. Where none
 * can be had, the work runs on the caller's stack. Of the host's stack a call of ours takes 0.5
 * KiB; scripts/check proves 0.75 from gcc's call graphs. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stddef.h>

/*
 * Call FUNCTION(ARGUMENT), which returns. Meanwhile every signal of the calling thread is blocked
 * but those of faults, so that no handler of the host's runs on a stack of ours. Not in a vfork
 child.

 */
void stack_call(void (*function)(void *), void *argument);

/*
 * The same without a system call. Constructor only: the host has no handler yet, and what a filter
 * of system calls forbids is not known.
 */
void stack_call_at_start(void (*function)(void *), void *argument);

/*
 * Call FUNCTION(ARGUMENT) on a stack of SIZE bytes that is mapped for it, behind a guard, and gone
 * when the call returns; on the caller's where the kernel refuses it. Constructor only: signals are
 * the caller's to block.
 */
void stack_call_large(void (*function)(void *), void *argument, size_t size);

/* From now on every stack_call() stays on the caller's stack, because it runs functions of the
 * host's (factories), which expect a stack of the host's. */
void stack_use_hosts(void);

/*
 * Map SIZE bytes with an inaccessible page below. Returns the lowest byte, or NULL when the kernel
 * refuses. The mapping stays.
 */
char *stack_map(size_t size);

/* Call FUNCTION(ARGUMENT) on the stack that ends at TOP, aligned to 16; unwinders find the way
 * back. */
void stack_switch(void (*function)(void *), void *argument, char *top)
	__attribute__((visibility("hidden")));

/*
 * clone(2) with FLAGS: call MAIN, which does not return, in a child, on the stack that ends at TOP,
 * aligned to 16. CHILD (may be NULL) is where CLONE_PARENT_SETTID and CLONE_CHILD_CLEARTID write
 * the child's id. Returns that id, or -errno.
 */
long stack_clone(void (*main)(void), long flags, char *top, _Atomic int *child);
