/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stub can be interrupted while it is on a stack of ours: the kernel delivers several signals at
 * once, one frame upon the other, before the first handler has begun. The stub of the last one then
 * moves them all, from the first on: each becomes one that was interrupted at its handler's first
 * instruction, as without us.
 */
#include "shim/host/handler_stack.h"

#include "core/base/sys.h"
#include "shim/host/handler_frame.h"
#include "shim/base/process_state.h"
#include "shim/host/fatal_handler.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/* A stub and handler_stack_move() need less than this, and any frame of the kernel's more. */
#define STUB_STACK 900

_Atomic(handler_function *) handler_stack_table[HANDLER_STUBS];
_Atomic uintptr_t handler_stack_first;
_Atomic int handler_stack_adopted;

static bool is_on(const char *stack, uintptr_t sp)
{
	return sp - (uintptr_t)stack < HANDLER_STACK_SIZE;
}

static struct handler_stack_head *head_of(char *stack)
{
	return (struct handler_stack_head *)(void *)(stack - HANDLER_STACK_HEAD);
}

/*
 * Whether SIZE bytes at BEGIN can be written, and a stack grows there if it must: the kernel writes
 * into each page. Where a filter may forbid that, it is tried, and a fault in the handler of a
 * fault kills as well.
 */
static bool is_writable(uintptr_t begin, uintptr_t size)
{
	const uintptr_t page = 4096;

	if (!process_has_begun())
		return true;
	for (uintptr_t at = begin; at < begin + size; at = (at | (page - 1)) + 1)
		if (sys_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)at, SYS_SIGSET_SIZE, 0, 0) ==
			-EFAULT)
			return false;
	return true;
}

/*
 * The stub that RECORD's signal has interrupted: it has noted what it was called with, or still has
 * that in its registers. Returns false when it is no stub, but our own handler of a death.
 */
static bool find_interrupted(const struct handler_record *record, struct handler_record *ret_record)
{
	const struct handler_record *noted = record->previous;

	if (handler_frame_of_stub(record, ret_record))
		return true;
	if (noted == NULL || (uintptr_t)noted - handler_frame_interrupted(record) > STUB_STACK)
		return false;
	*ret_record = *noted;
	return true;
}

/* Pending again, until our handler that it has interrupted is over. */
static void put_off(const struct handler_record *record)
{
	uint64_t *mask = (uint64_t *)(void *)&record->context->uc_sigmask;

	*mask |= (uint64_t)1 << (record->number - 1);
	sys_call(SYS_rt_tgsigqueueinfo, sys_getpid(), sys_gettid(), (long)record->number,
		(long)handler_frame_info(record), 0, 0);
}

/* The handler cannot run: what the kernel does when it cannot make a frame. */
static void *cannot_run(const struct handler_record *record)
{
	head_of(record->stack)->record = NULL;
	signals_undeliverable((int)record->number, handler_frame_info(record), record->context);
	return NULL;
}

/* As deep as there are frames of the kernel's on the stack. */
void *handler_stack_move(struct handler_record *record)
{
	struct handler_record outer;
	char *frame;

	if (is_on(record->stack, handler_frame_interrupted(record))) {
		if (!find_interrupted(record, &outer)) {
			if (handler_frame_info(record)->si_code > 0)
				return cannot_run(record);
			put_off(record);
			return NULL;
		}
		frame = handler_stack_move(&outer);
		if (frame == NULL)
			return NULL;
		handler_frame_begin(record, &outer, frame);
	}
	frame = handler_frame_copy(record, head_of(record->stack)->flags, is_writable);
	return frame != NULL ? frame : cannot_run(record);
}

/* Where a filter may forbid it, each signal is moved anew. */
void handler_stack_give_up(char *stack)
{
	const stack_t none = {.ss_flags = SS_DISABLE};

	if (!process_has_begun())
		return;
	sys_call(SYS_sigaltstack, (long)&none, 0, 0, 0, 0, 0);
	if (head_of(stack)->flags == 0)
		atomic_store(&handler_stack_first, handler_frame_thread_pointer());
}

void handler_stack_forget(void)
{
	uintptr_t own = handler_frame_thread_pointer();

	atomic_compare_exchange_strong(&handler_stack_first, &own, 0);
}

static int stub_of(const void *handler)
{
	uintptr_t offset = (uintptr_t)handler - (uintptr_t)handler_frame_stubs;

	return offset < HANDLER_STUBS * HANDLER_STUB_SIZE && offset % HANDLER_STUB_SIZE == 0
		       ? (int)(offset / HANDLER_STUB_SIZE)
		       : -1;
}

/*
 * As a Go runtime sets its handlers, which may be by libc (cgo). It asks the kernel itself whether
 * a thread has an alternate stack, and takes ours for its own: from here on all have to run there.
 */
static bool is_of_go(const struct sigaction *action)
{
	const int flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
	const uint64_t all = ~((uint64_t)3 << 31); /* but for those that libc keeps to itself */
	uint64_t mask;

	memcpy(&mask, &action->sa_mask, sizeof mask);
	return (action->sa_flags & flags) == flags && (mask & all) == all;
}

void handler_stack_take(struct sigaction *action)
{
	handler_function *handler = action->sa_sigaction;

	if (is_of_go(action))
		atomic_store(&handler_stack_adopted, 1);
	if (atomic_load(&handler_stack_adopted))
		return;
	if (!(action->sa_flags & SA_ONSTACK) || action->sa_handler == SIG_DFL ||
		action->sa_handler == SIG_IGN || stub_of((const void *)(uintptr_t)handler) >= 0)
		return;
	for (int i = action->sa_flags & SA_SIGINFO ? 1 : 0; i < HANDLER_STUBS; i += 2) {
		handler_function *there = NULL;

		if (!atomic_compare_exchange_strong(&handler_stack_table[i], &there, handler) &&
			there != handler)
			continue;
		action->sa_sigaction = (handler_function *)(uintptr_t)(handler_frame_stubs +
								       i * HANDLER_STUB_SIZE);
		action->sa_flags |= SA_SIGINFO;
		return;
	}
}

bool handler_stack_hide(struct sigaction *action)
{
	int stub = stub_of((const void *)(uintptr_t)action->sa_sigaction);

	if (stub < 0)
		return false;
	action->sa_sigaction = atomic_load(&handler_stack_table[stub]);
	if (stub % 2 == 0)
		action->sa_flags &= ~SA_SIGINFO;
	return true;
}
