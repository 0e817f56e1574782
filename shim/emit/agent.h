/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.h - what this process reports others: how its children ended, and what it sent to whom.
 *
 * Each event has a place of its own in static memory, with all signals blocked while it is
 * reported: a handler that waits for a child, too, finds its own place free, and none that jumps
 * away keeps one. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/clock.h"
#include "core/events/event.h"

#include <sys/types.h>

struct rusage;

/* Our child CHILD is gone, with STATUS as wait(2) has it. USAGE is the kernel's, or NULL. */
void agent_ended(pid_t child, int status, const struct rusage *usage);

/* At AT_US of CLOCK_MONOTONIC we sent signal NUMBER to PID, as far as REACH says. */
void agent_sent(pid_t pid, enum event_reach reach, int number, int64_t at_us);
