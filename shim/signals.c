/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/signals.h"

#include "core/base/sys.h"
#include "shim/crash.h"
#include "shim/export.h"
#include "shim/life.h"
#include "shim/real.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

/* The kernel's numbers: 1 to 64. glibc keeps 32 and 33 to itself. */
#define SIGNAL_MAX 64

/* For a stack that overflowed. Larger than any signal frame (AT_MINSIGSTKSZ is at most 12 KiB today) and what runs on it. */
#define ALTERNATE_SIZE ((size_t)64 * 1024)

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
 * Whether we stand below NUMBER. The first process of a pid namespace does not die by SIG_DFL of a signal that is sent to it: the
 * kernel drops it, and a handler would be called.
 */
static bool is_ours(int number)
{
	return life_has_begun() && kills_by_default(number) &&
	       (is_synchronous(number) || sys_getpid() != 1);
}

/* The signal is blocked while we are in the handler, and deadly again when we return: the context is the fault's own. */
static void die(int number, siginfo_t *info)
{
	signals_release(number);
	if (sys_call(SYS_rt_tgsigqueueinfo, sys_getpid(), sys_gettid(), number, (long)info, 0, 0) == 0)
		return;
	if (info->si_code <= 0)
		sys_call(SYS_tgkill, sys_getpid(), sys_gettid(), number, 0, 0, 0);
}

static void caught(int number, siginfo_t *info, void *context)
{
	if (sys_getpid() == 1 && info->si_code <= 0)
		return;
	if (life_is_ours())
		crash_signal(number, info, context);
	die(number, info);
}

/*
 * Four entries to one handler: which one is installed says whether the host had SA_SIGINFO (1) and SA_ONSTACK (2) among its
 * flags for SIG_DFL. We need both set.
 */
#define ENTRY(n)                                                                                   \
	static void entry_##n(int number, siginfo_t *info, void *context)                          \
	{                                                                                          \
		caught(number, info, context);                                                     \
	}
ENTRY(0)
ENTRY(1)
ENTRY(2)
ENTRY(3)

typedef void entry_function(int, siginfo_t *, void *);
static entry_function *const entries[] = { entry_0, entry_1, entry_2, entry_3 };
#define ENTRY_COUNT (int)(sizeof entries / sizeof *entries)

static int entry_index(const struct sigaction *action)
{
	for (int i = 0; i < ENTRY_COUNT; i++)
		if ((action->sa_flags & SA_SIGINFO) && action->sa_sigaction == entries[i])
			return i;
	return -1;
}

static bool is_default(const struct sigaction *action)
{
	return action->sa_handler == SIG_DFL;
}

/* Turn the host's SIG_DFL into ours. */
static void take_over(struct sigaction *action)
{
	int index = (action->sa_flags & SA_SIGINFO ? 1 : 0) | (action->sa_flags & SA_ONSTACK ? 2 : 0);

	action->sa_sigaction = entries[index];
	action->sa_flags |= SA_SIGINFO | SA_ONSTACK;
}

/* Turn ours back into the SIG_DFL that the host set; leave everything else alone. */
static void hide(struct sigaction *action)
{
	int index = entry_index(action);

	if (index < 0)
		return;
	action->sa_handler = SIG_DFL;
	if (!(index & 1))
		action->sa_flags &= ~SA_SIGINFO;
	if (!(index & 2))
		action->sa_flags &= ~SA_ONSTACK;
}

static sighandler_t hidden(sighandler_t handler)
{
	for (int i = 0; i < ENTRY_COUNT; i++)
		if ((entry_function *)(void (*)(void))handler == entries[i])
			return SIG_DFL;
	return handler;
}

/* Stand below NUMBER, one of ours, if its disposition is SIG_DFL now. */
static void settle(int number)
{
	struct sigaction action;

	if (real()->sigaction(number, NULL, &action) != 0 || !is_default(&action))
		return;
	take_over(&action);
	real()->sigaction(number, &action, NULL);
}

bool signals_host_handles(int number)
{
	struct sigaction action;

	return real()->sigaction(number, NULL, &action) == 0 && entry_index(&action) < 0 &&
	       action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

void signals_release(int number)
{
	/* The kernel's struct: handler, flags, restorer, mask. All zero is SIG_DFL. */
	long action[4] = { 0 };

	sys_call(SYS_rt_sigaction, number, (long)action, 0, SYS_SIGSET_SIZE, 0, 0);
}

/* Without one, a fault on an overflowed stack cannot be handled. The host's own stays. */
static void give_alternate_stack(void)
{
	static char alternate[ALTERNATE_SIZE] __attribute__((aligned(16)));
	stack_t now, ours = { .ss_sp = alternate, .ss_size = sizeof alternate };

	if (sys_call(SYS_sigaltstack, 0, (long)&now, 0, 0, 0, 0) == 0 && (now.ss_flags & SS_DISABLE))
		sys_call(SYS_sigaltstack, (long)&ours, 0, 0, 0, 0, 0);
}

void signals_begin(void)
{
	bool first_process = sys_getpid() == 1;

	give_alternate_stack();
	for (int number = 1; number <= SIGNAL_MAX; number++)
		if (kills_by_default(number) && (is_synchronous(number) || !first_process))
			settle(number);
}

static int change(int (*call)(int, const struct sigaction *, struct sigaction *), int number,
	const struct sigaction *action, struct sigaction *old)
{
	struct sigaction ours;
	int result;

	if (action != NULL && is_default(action) && is_ours(number)) {
		ours = *action;
		take_over(&ours);
		action = &ours;
	}
	result = call(number, action, old);
	if (result == 0 && old != NULL)
		hide(old);
	return result;
}

VIGIL_EXPORT int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	return change(real()->sigaction, number, action, old);
}

VIGIL_EXPORT int __sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	return change(real()->__sigaction, number, action, old);
}

/* The older forms have flags of their own (siginterrupt(), one-shot): the real one sets them, and we settle below. */
static sighandler_t change_simply(
	sighandler_t (*call)(int, sighandler_t), int number, sighandler_t handler)
{
	sighandler_t old = call(number, handler);

	if (handler == SIG_DFL && is_ours(number))
		settle(number);
	return hidden(old);
}

VIGIL_EXPORT sighandler_t signal(int number, sighandler_t handler)
{
	return change_simply(real()->signal, number, handler);
}

VIGIL_EXPORT sighandler_t bsd_signal(int number, sighandler_t handler)
{
	return change_simply(real()->bsd_signal, number, handler);
}

VIGIL_EXPORT sighandler_t ssignal(int number, sighandler_t handler)
{
	return change_simply(real()->ssignal, number, handler);
}

VIGIL_EXPORT sighandler_t sysv_signal(int number, sighandler_t handler)
{
	return change_simply(real()->sysv_signal, number, handler);
}

VIGIL_EXPORT sighandler_t __sysv_signal(int number, sighandler_t handler)
{
	return change_simply(real()->__sysv_signal, number, handler);
}

VIGIL_EXPORT sighandler_t sigset(int number, sighandler_t handler)
{
	return change_simply(real()->sigset, number, handler);
}

/* SIG_IGN needs no translation; the line is here so that the family is whole. */
VIGIL_EXPORT int sigignore(int number)
{
	return real()->sigignore(number);
}
