/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.h - the end by a fatal signal or abort(): from the instant of the fact to the event.
 *
 * Signal-safe: yes. Threads: any; the first one tells, the others wait for it, with a deadline.
 */
#pragma once

#include "core/events/event.h"

#include <signal.h>

/* Tell that NUMBER is killing this process, as its handler was called with. Returns when the event
 * is out or given up. */
void crash_signal(int number, const siginfo_t *info, const void *context);
