/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/settings.h"

#include "core/base/signal_table.h"

#include <signal.h>
#include <stddef.h>

static const int core_signals[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGQUIT, SIGXCPU, SIGXFSZ};

static void default_signals(struct signal_settings *signals)
{
	signals->core = signals->terminated = 0;
	for (size_t i = 0; i < sizeof core_signals / sizeof *core_signals; i++)
		signals->core |= settings_signal(core_signals[i]);
	for (int number = 1; number <= SIGNAL_MAX; number++)
		if (signal_kills(number))
			signals->terminated |= settings_signal(number) & ~signals->core;
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
