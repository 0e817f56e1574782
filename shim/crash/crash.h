/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.h - the termination by a fatal signal or abort(), from the siginfo to the event.
 *
 * Signal-safe: yes. Threads: any; the first one reports, others wait for it, with a deadline.
 */
#pragma once

#include "core/events/event.h"
#include "core/trace/registers.h"

#include <signal.h>
#include <stdbool.h>

/* Report that signal NUMBER kills this process; INFO and CONTEXT are those of the handler. Returns
 * when the event is written or given up. */
void crash_signal(int number, const siginfo_t *info, const void *context);

/* Report that the process called abort() at REGISTERS; the host has no handler that runs before the
 * termination. Returns as crash_signal() does. */
void crash_abort(const struct trace_registers *registers);

/*
 * The caller, which has claimed the termination, is about to report an exit with a status other
 * than 0: if the exit is called in the handler of a fault, fill in EVENT what is known of that
 * fault. REGISTERS, and BLOCKED, the signals that the host has blocked, are those of the call.
 * Returns whether EVENT has a stack then. Takes some 0.3 ms where the host has set a handler for a
 * fault.
 */
bool crash_fill_fault_of_exit(
	struct event *event, const struct trace_registers *registers, uint64_t blocked);
