/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways to die, the most faithful first: the signal once more, with the same siginfo, pending
 * until our handler returns; a fault that repeats while its signal is blocked, for which the kernel
 * kills whatever the disposition is; a fault of our own making of the same kind; and, where nothing
 * is left that raises a signal, the exit status that a shell shows for it.
 *
 * No result of a system call is believed where it matters: a filter that came unseen may refuse a
 * call, or answer 0 for what was not done. A disposition is read back, a pending signal is looked
 * for, a wait ends by a deadline and by a clock that stands still. tests/shim/test_refused.c
 * refuses each call in turn.
 */
#include "shim/base/death.h"

#include "core/base/sys.h"
#include "core/base/valgrind.h"
#include "shim/base/kernel_action.h"
#include "shim/base/signal_return.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

/* After so many calls of our handler in one thread, the kernel's disposition is taken to be a
 * runtime's handler, which calls ours and which we do not see. */
#define TRIES_MAX 3

/* How often we check whether the timer's signal is pending, 50 us apart. */
#define TIMER_LOOKS 100

/* How a shell shows a death by signal: 128 + its number. */
#define STATUS_OF_SIGNAL 128

bool death_wants_reset(int number)
{
	return (SIGNAL_BIT(number) & SIGNALS_FAULT) == 0;
}

bool death_release(int number)
{
	/* All zero is SIG_DFL. NOW starts with a handler, which stays where the call is answered
	 * and not made. */
	static const struct kernel_action deadly;
	struct kernel_action now = {.handler = (kernel_handler *)(uintptr_t)death_release};

	kernel_action_set(number, &deadly, NULL);
	kernel_action_set(number, NULL, &now);
	return now.handler == NULL;
}

/* Whether NUMBER is known to be pending. If the call is not made, PENDING has SIGKILL, which never
 * is. */
static bool is_pending(int number)
{
	uint64_t pending = ~(uint64_t)0;

	sys_call(SYS_rt_sigpending, (long)&pending, SYS_SIGSET_SIZE, 0, 0, 0, 0);
	return (pending & SIGNAL_BIT(number)) != 0 && (pending & SIGNAL_BIT(SIGKILL)) == 0;
}

/* The beginning of the kernel's struct sigevent, for SYS_timer_create. */
struct timer_signal {
	union sigval value;
	int number, notify;
	char more[48];
};

/* Raise NUMBER by a timer: a filter may refuse all calls that send signals. */
static bool raise_by_timer(int number)
{
	struct timer_signal event = {.number = number, .notify = SIGEV_SIGNAL};
	const struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
	int timer = -1;

	if (sys_call(SYS_timer_create, CLOCK_MONOTONIC, (long)&event, (long)&timer, 0, 0, 0) != 0 ||
		timer < 0 || sys_call(SYS_timer_settime, timer, 0, (long)&soon, 0, 0, 0) != 0)
		return false;
	for (int i = 0; i < TIMER_LOOKS && !is_pending(number); i++)
		sys_pause(50);
	return is_pending(number);
}

/* Make NUMBER, which is blocked, pending, if possible for this thread and with INFO. Returns
 * whether it is known to be pending. */
static bool raise_again(int number, siginfo_t *info)
{
	pid_t process = sys_getpid(), thread = sys_gettid();
	siginfo_t sent = {.si_signo = number, .si_code = SI_QUEUE, .si_pid = process};
	const long ways[][5] = {
		{SYS_rt_tgsigqueueinfo, process, thread, number, (long)info},
		{SYS_tgkill, process, thread, number},
		{SYS_tkill, thread, number},
		{SYS_kill, process, number},
		{SYS_rt_sigqueueinfo, process, number, (long)&sent},
	};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		sys_call(ways[i][0], ways[i][1], ways[i][2], ways[i][3], ways[i][4], 0, 0);
		if (is_pending(number))
			return true;
	}
	return raise_by_timer(number);
}

/* How often this thread has called this function. Another thread's call starts the count again. */
static unsigned count_tries(void)
{
	static _Atomic uint64_t tries;
	uint64_t thread = (uint64_t)(uint32_t)sys_gettid() << 32, before = atomic_load(&tries);

	if (before >> 32 << 32 != thread)
		before = thread;
	atomic_store(&tries, before + 1);
	return (unsigned)(before - thread) + 1;
}

/* Whether INFO is a fault, which comes again when its instruction runs again. */
static bool is_repeating(int number, const siginfo_t *info)
{
	return !death_wants_reset(number) && info->si_code > 0;
}

/* The disposition of NUMBER cannot be changed. What is left is a fault whose signal is blocked: the
 * kernel kills for it. */
static void force(int number, const siginfo_t *info, ucontext_t *context)
{
	context_block(context, number);
	if (!is_repeating(number, info))
		signal_return_to_fault(context, number);
}

void death_by(int number, siginfo_t *info, void *context)
{
	uint64_t only = SIGNAL_BIT(number);
	bool is_deadly, is_pending_again;

	/* NUMBER stays blocked until the handler returns, even if the host's action had
	 * SA_NODEFER. */
	sys_sigprocmask(SIG_BLOCK, &only, NULL);
	is_deadly = death_release(number);
	/* Valgrind aborts at the calls below. It raises a fault again when we return, with the same
	 * siginfo. */
	if (on_valgrind()) {
		if (info->si_code <= 0)
			sys_call(SYS_tgkill, sys_getpid(), sys_gettid(), number, 0, 0, 0);
		return;
	}
	signal_return_expect(context, is_repeating(number, info) ? 0 : STATUS_OF_SIGNAL + number);
	if (!is_deadly && !death_wants_reset(number)) {
		force(number, info, context);
		return;
	}
	is_pending_again = raise_again(number, info);
	if (is_repeating(number, info))
		return;
	if (!is_pending_again || (!is_deadly && count_tries() > TRIES_MAX))
		signal_return_to_exit(context, STATUS_OF_SIGNAL + number);
}
