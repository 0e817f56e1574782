/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/fatal_handler.h"

#include "core/base/signal_table.h"
#include "core/base/sys.h"
#include "shim/crash/crash.h"
#include "shim/crash/death.h"
#include "shim/host/dispositions.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/emit/preload_settings.h"

#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

static bool is_synchronous(int number)
{
	return number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE ||
	       number == SIGTRAP || number == SIGSYS || number == SIGABRT;
}

static bool is_configured(int number)
{
	const struct signal_settings *signals = &settings()->signals;

	return ((signals->core | signals->terminated) & settings_signal(number)) != 0;
}

/*
 * Whether we stand below NUMBER. The first process of a pid namespace does not die by SIG_DFL of a
 * signal that is sent to it: the kernel drops it, and a handler would be called.
 */
bool signals_is_ours(int number)
{
	return process_has_begun() && signal_kills(number) && is_configured(number) &&
	       (is_synchronous(number) || sys_getpid() != 1);
}

void signals_caught(int number, siginfo_t *info, void *context)
{
	if (sys_getpid() == 1 && info->si_code <= 0)
		return;
	if (process_is_ours())
		crash_signal(number, info, context);
	else
		process_note_silent_child();
	death_by(number, info, context);
}

void signals_undeliverable(int number, const siginfo_t *info, void *context)
{
	siginfo_t forced = {.si_signo = SIGSEGV, .si_code = SI_KERNEL};
	uint64_t *mask = (uint64_t *)(void *)&((ucontext_t *)context)->uc_sigmask;

	if (number == SIGSEGV && info->si_code > 0)
		forced = *info;
	*mask &= ~((uint64_t)1 << (SIGSEGV - 1));
	if (signals_is_ours(SIGSEGV) && process_is_ours())
		crash_signal(SIGSEGV, &forced, context);
	else
		process_note_silent_child();
	death_by(SIGSEGV, &forced, context);
}

void signals_end(void)
{
	for (int number = 1; number <= SIGNAL_MAX; number++)
		if (signal_kills(number) && is_configured(number))
			disposition_end(number);
}

void signals_settle(void)
{
	for (int number = 1; number <= SIGNAL_MAX; number++)
		if (signals_is_ours(number))
			disposition_settle(number);
}

void signals_begin(void)
{
	const struct signal_settings *signals = &settings()->signals;
	uint64_t left = (signals->core | signals->terminated) & signals_that_kill();
	bool first_process = sys_getpid() == 1;

	/* Now, as a look-up leaves bytes on the host's stack, and libc's sigaction() gives out what
	 * lies there where a filter answers that the call was made. */
	real(sigaction);
	real(__sigaction);
	for (; left != 0; left &= left - 1) {
		int number = __builtin_ctzll(left) + 1;

		if (is_synchronous(number) || !first_process)
			disposition_begin(number);
	}
}
