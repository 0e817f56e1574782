/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack.h - runs our work on stacks of our own: the host's stack may have a few hundred bytes left
 * (a signal handler on a MINSIGSTKSZ alternate stack, a coroutine, RLIMIT_STACK).
 *
 * There are a few stacks: the first lies in static memory, the others are mapped when the first is
 * in use. If there is none, the work runs on the caller's stack. A call of ours takes 0.5 KiB of
 * the host's stack; scripts/check proves at most 0.75 from gcc's call graphs. Signal-safe: yes.
 * Threads: any.
 */
#pragma once

#include <stddef.h>

/*
 * Call FUNCTION(ARGUMENT), which returns. Meanwhile the calling thread blocks every signal except
 * those of faults, so that no handler of the host's runs on a stack of ours. Not for a vfork child.
 */
void stack_call(void (*function)(void *), void *argument);

/*
 * As stack_call(), without a system call. Constructor only: the host has no handler yet, and it is
 * not known yet which system calls a filter forbids.
 */
void stack_call_at_start(void (*function)(void *), void *argument);

/*
 * Map a stack of SIZE bytes behind a guard page, call FUNCTION(ARGUMENT) on it, and unmap it; if
 * the kernel refuses the memory, call FUNCTION on the caller's stack. Constructor only: it blocks
 * no signals.
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

/* Call FUNCTION(ARGUMENT) on the stack whose upper end is TOP, aligned to 16. Its call frame
 * information leads unwinders back to the caller's stack. */
void stack_switch(void (*function)(void *), void *argument, char *top)
	__attribute__((visibility("hidden")));

/*
 * clone(2) with FLAGS: call MAIN, which does not return, in a child, on the stack that ends at TOP,
 * aligned to 16. CHILD (may be NULL) is where CLONE_PARENT_SETTID and CLONE_CHILD_CLEARTID write
 * the child's id. Returns that id, or -errno.
 */
long stack_clone(void (*main)(void), long flags, char *top, _Atomic int *child);
