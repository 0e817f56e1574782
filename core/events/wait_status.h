/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait_status.h - a termination as the process sees it that waits for the other one.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/events/event.h"

struct rusage;

/*
 * Why a process FAILED of which no more is known than that signal NUMBER terminated it. Signals
 * that the kernel raises for what a program does count as faults; all others were sent by another
 * process or a timer.
 */
enum event_cause event_cause_of_signal(int number);

/*
 * Fill in what STATUS, as wait(2) gives it, says of a termination: state, cause, how, exit_code,
 * and signal, whose sender it does not show.
 */
void event_wait_status(struct event *event, int status);

/* Fill in what the kernel counted for the process, which is all of `usage` but wall_us. */
void event_wait_usage(struct event *event, const struct rusage *usage);
