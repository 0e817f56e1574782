/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preload_settings.h - what the configuration's `vigil` says, for all of the preload.
 *
 * It is read once, by the constructor, and holds until the next exec, also where the rest of the
 * configuration has to wait for its factories. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/config/settings.h"

#include <stdbool.h>

/* The settings in force. */
const struct config_settings *settings(void);

/* Whether signal NUMBER ends a process that somebody terminates: launchers grant as little as 250
 * ms between SIGTERM and SIGKILL, and so all traces together have 50. */
bool settings_is_hasty(int number);

/* What the trace of a death by signal NUMBER may take, in milliseconds; 0: none is taken. */
int settings_trace_ms(int number);

/* Constructor only, before anything asks for them: bring a copy of SETTINGS into force. */
void settings_use(const struct config_settings *settings);
