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
 * Fill in what STATUS, as wait(2) gives it, says of an end: state, cause, how, exit_code, and
 * signal, whose sender it does not show. What a signal was for can only be guessed by its number.
 */
void event_wait_status(struct event *event, int status);

/* Fill in what the kernel counted of the process; how long it lived is not among it. */
void event_wait_usage(struct event *event, const struct rusage *usage);
