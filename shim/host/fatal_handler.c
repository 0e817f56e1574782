/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/fatal_handler.h"

#include "core/base/signal_table.h"
#include "core/base/sys.h"
#include "shim/base/death.h"
#include "shim/base/kernel_action.h"
#include "shim/base/process_state.h"
#include "shim/crash/crash.h"
#include "shim/emit/preload_settings.h"

#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

bool signals_is_configured(int number)
{
	const struct signal_settings *signals = &settings()->signals;

	return signal_kills(number) &&
	       ((signals->core | signals->terminated) & SIGNAL_BIT(number)) != 0;
}

/*
 * The kernel drops a signal that is sent to the first process of a pid namespace if its disposition
 * is SIG_DFL. A handler would be called, so ours is not installed there.
 */
bool signals_is_ours(int number)
{
	return process_has_begun() && signals_is_configured(number) &&
	       ((SIGNAL_BIT(number) & SIGNALS_CRASH) != 0 || sys_getpid() != 1);
}

static void report_and_die(bool reports, int number, siginfo_t *info, void *context)
{
	if (reports)
		crash_signal(number, info, context);
	else
		process_note_silent_child();
	death_by(number, info, context);
}

void signals_caught(int number, siginfo_t *info, void *context)
{
	if (sys_getpid() != 1 || info->si_code > 0)
		report_and_die(process_is_ours(), number, info, context);
}

void signals_undeliverable(int number, const siginfo_t *info, void *context)
{
	siginfo_t forced = {.si_signo = SIGSEGV, .si_code = SI_KERNEL};
	uint64_t *mask = (uint64_t *)(void *)&((ucontext_t *)context)->uc_sigmask;

	if (number == SIGSEGV && info->si_code > 0)
		forced = *info;
	*mask &= ~SIGNAL_BIT(SIGSEGV);
	report_and_die(signals_is_ours(SIGSEGV) && process_is_ours(), SIGSEGV, &forced, context);
}
