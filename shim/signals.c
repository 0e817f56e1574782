/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/signals.h"

#include "core/base/sys.h"
#include "core/base/valgrind.h"
#include "shim/crash.h"
#include "shim/dispositions.h"
#include "shim/life.h"
#include "shim/real.h"

#include <stddef.h>
#include <stdint.h>

/* The kernel's numbers: 1 to 64. glibc keeps 32 and 33 to itself. */
#define SIGNAL_MAX 64

/* What each signal does by default, where that is not death: signal(7). */
static bool kills_by_default(int number)
{
	switch (number) {
	case SIGCHLD:
	case SIGCONT:
	case SIGURG:
	case SIGWINCH:
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGKILL: /* cannot be caught */
	case 32:
	case 33:
		return false;
	default:
		return number >= 1 && number <= SIGNAL_MAX;
	}
}

static bool is_synchronous(int number)
{
	return number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE ||
	       number == SIGTRAP || number == SIGSYS || number == SIGABRT;
}

/*
 * Whether we stand below NUMBER. The first process of a pid namespace does not die by SIG_DFL of a
 * signal that is sent to it: the kernel drops it, and a handler would be called.
 */
bool signals_is_ours(int number)
{
	return life_has_begun() && kills_by_default(number) &&
	       (is_synchronous(number) || sys_getpid() != 1);
}

/* The signal is blocked while we are in the handler, and deadly again when we return: the context
 * is the fault's own. */
static void die(int number, siginfo_t *info)
{
	signals_release(number);
	/* Valgrind dies of this call. There, a fault happens again when we return, with the same
	 * information. */
	if (!on_valgrind() && sys_call(SYS_rt_tgsigqueueinfo, sys_getpid(), sys_gettid(), number,
				      (long)info, 0, 0) == 0)
		return;
	if (info->si_code <= 0)
		sys_call(SYS_tgkill, sys_getpid(), sys_gettid(), number, 0, 0, 0);
}

void signals_caught(int number, siginfo_t *info, void *context)
{
	if (sys_getpid() == 1 && info->si_code <= 0)
		return;
	if (life_is_ours())
		crash_signal(number, info, context);
	else
		life_note_mute_child();
	die(number, info);
}

void signals_release(int number)
{
	/* The kernel's struct: handler, flags, restorer, mask. All zero is SIG_DFL. */
	long action[4] = { 0 };

	sys_call(SYS_rt_sigaction, number, (long)action, 0, SYS_SIGSET_SIZE, 0, 0);
}

void signals_end(void)
{
	struct sigaction action;

	/* The interposed function says what the host has set, the real one sets it. */
	for (int number = 1; number <= SIGNAL_MAX; number++)
		if (kills_by_default(number) && sigaction(number, NULL, &action) == 0)
			real()->sigaction(number, &action, NULL);
}

void signals_begin(void)
{
	uint64_t all = ~(uint64_t)0, before;
	bool first_process = sys_getpid() == 1;

	/* Nothing may come while a disposition is ours for a moment that must not be. */
	sys_sigprocmask(SIG_SETMASK, &all, &before);
	for (int number = 1; number <= SIGNAL_MAX; number++)
		if (kills_by_default(number) && (is_synchronous(number) || !first_process))
			disposition_begin(number);
	sys_sigprocmask(SIG_SETMASK, &before, NULL);
}
