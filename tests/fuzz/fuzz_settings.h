/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_settings.h - what must hold of the settings of any configuration that is taken. */
#pragma once

#include "core/base/signal_table.h"
#include "core/config/settings.h"

#include <stdlib.h>

static inline void check_signals(const struct signal_settings *signals)
{
	for (int number = 1; number <= SIGNAL_MAX; number++)
		if (!signal_kills(number) &&
			((signals->core | signals->terminated) & SIGNAL_BIT(number)))
			abort();
	if (signals->core & signals->terminated)
		abort();
}

static inline void check_settings(const struct config_settings *settings)
{
	const struct trace_settings *trace = &settings->trace;
	char buffer[1024];
	struct text text;

	check_signals(&settings->signals);
	if (trace->frames < 1 || trace->frames > SETTINGS_FRAMES_MAX || trace->timeout_ms < 0 ||
		trace->timeout_ms > SETTINGS_TIMEOUT_MS_MAX || trace->threads > TRACE_THREADS_ALL ||
		trace->names > TRACE_NAMES_OFF)
		abort();
	for (size_t i = 0;; i++) {
		text_init(&text, buffer, sizeof buffer);
		if (!settings_describe(settings, i, &text))
			return;
		if (text.truncated)
			abort();
	}
}
