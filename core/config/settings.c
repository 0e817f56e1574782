/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/settings.h"

#include "core/base/signal_table.h"

#include <signal.h>

static void default_signals(struct signal_settings *signals)
{
	signals->core = settings_signal(SIGSEGV) | settings_signal(SIGBUS) |
			settings_signal(SIGILL) | settings_signal(SIGFPE) |
			settings_signal(SIGABRT) | settings_signal(SIGTRAP) |
			settings_signal(SIGSYS) | settings_signal(SIGQUIT) |
			settings_signal(SIGXCPU) | settings_signal(SIGXFSZ);
	signals->terminated = signals_that_kill() & ~signals->core;
}

void settings_default(struct config_settings *settings)
{
	*settings = (struct config_settings){
		.error_file = true,
		.trace =
			{
				.frames = SETTINGS_FRAMES_MAX,
				.timeout_ms = 3000,
				.threads = TRACE_THREADS_PYTHON,
				.names = TRACE_NAMES_SYMTAB,
				.python = true,
				.cxx = true,
				.abort_message = true,
				.exits = true,
				.terminated = true,
				.alternate_stacks = true,
			},
	};
	default_signals(&settings->signals);
}
