/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preload_settings.h - the settings below `vigil` in the configuration, for all of the preload.
 *
 * The constructor reads them once, and they hold until the next exec. It does so even if the rest
 * of the configuration waits for its factories, so that our handlers and alternate stacks are never
 * installed, not even briefly, if the user wants none. If a configuration is refused, its settings
 * are not used either. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/config/settings.h"

#include <stdbool.h>

/* The settings in force. */
const struct config_settings *settings(void);

/* Whether NUMBER is a signal by which processes are terminated (`signals.terminated`). Launchers
 * grant as little as 250 ms between SIGTERM and SIGKILL, so all traces together have 50 ms. */
bool settings_is_hasty(int number);

/* What the trace of a death by signal NUMBER may take, in milliseconds; 0: none is taken. */
int settings_trace_ms(int number);

/* Constructor only, before any other call: bring a copy of SETTINGS into force. */
void settings_use(const struct config_settings *settings);
