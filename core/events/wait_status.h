/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait_status.h - an end as the one sees it who waits for the process.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/events/event.h"

struct rusage;

/*
 * Why a process FAILED of which no more is known than that signal NUMBER ended it. Those that the
 * kernel makes of a program's own doing count as its own; all others report somebody else's wish,
 * or of a timer.
 */
enum event_cause event_cause_of_signal(int number);

/*
 * Fill in what STATUS, as wait(2) gives it, says of an end: state, cause, how, exit_code, and
 * signal, whose sender it does not show.
 */
void event_wait_status(struct event *event, int status);

/* Fill in what the kernel counted of the process; how long it lived is not among it. */
void event_wait_usage(struct event *event, const struct rusage *usage);
