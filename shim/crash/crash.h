/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.h - the end by a fatal signal or abort(): from the instant of the fact to the event.
 *
 * Signal-safe: yes. Threads: any; the first one reports, the others wait for it, with a deadline.
 */
#pragma once

#include "core/events/event.h"
#include "core/trace/registers.h"

#include <signal.h>
#include <stdbool.h>

/* Report that NUMBER is killing this process, as its handler was called with. Returns when the
 * event is out or given up. */
void crash_signal(int number, const siginfo_t *info, const void *context);

/* Report that the process aborts itself, called at REGISTERS, and no handler of the host's comes
 * before. Returns as crash_signal(). */
void crash_abort(const struct trace_registers *registers);

/*
 * The caller, who has claimed the end, is about to report an exit that says failure: fill in what
 * EVENT should have of a fault in whose handler it happens. REGISTERS and BLOCKED, the signals that
 * the host had blocked, are those of the exit. Returns whether it has a stack then. Takes some
 * 0.3 ms.
 */
bool crash_emit_behind_exit(
	struct event *event, const struct trace_registers *registers, uint64_t blocked);
