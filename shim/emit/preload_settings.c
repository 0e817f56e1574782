/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/preload_settings.h"

/* The time for all traces of a process that is terminated. */
#define TERMINATED_MS 50

static struct config_settings in_force;

const struct config_settings *settings(void)
{
	return &in_force;
}

bool settings_is_hasty(int number)
{
	return number > 0 && (in_force.signals.terminated & SIGNAL_BIT(number)) != 0;
}

int settings_trace_ms(int number)
{
	int most = in_force.trace.timeout_ms;

	if (!settings_is_hasty(number))
		return most;
	if (!in_force.trace.terminated)
		return 0;
	return most < TERMINATED_MS ? most : TERMINATED_MS;
}

void settings_use(const struct config_settings *settings)
{
	in_force = *settings;
}
