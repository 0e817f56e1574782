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

/*
 * The caller is about to send this process SIGABRT by kill(): in the handler of its own abort(),
 * that is the end, and it is reported. Another thread may get the signal and be too slow for it, as
 * abort() goes on when the handler returns, and kills by libc's own means.
 */
void crash_before_kill(void);

/*
 * The caller, who has claimed the end, is about to report an exit that says failure: fill in what
 * EVENT should have of a fault in whose handler it happens. REGISTERS and BLOCKED, the signals that
 * the host had blocked, are those of the exit. Returns whether it has a stack then. Takes some
 * 0.3 ms.
 */
bool crash_emit_behind_exit(
	struct event *event, const struct trace_registers *registers, uint64_t blocked);
