/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait_status.h - a termination as the process that waits for it sees it.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/events/event.h"

struct rusage;

/* Why a process FAILED, if all that is known is that signal NUMBER terminated it. Signals that the
 * kernel raises for what a program does count as faults; all others were sent by another process or
 * a timer. */
enum event_cause event_cause_of_signal(int number);

/* Fill in what STATUS, a wait status of wait(2), says of a termination: state, cause, how,
 * exit_code, and signal without its sender. */
void event_wait_status(struct event *event, int status);

/* Fill in all of `usage` but wall_us from what the kernel counted for the process. */
void event_wait_usage(struct event *event, const struct rusage *usage);
