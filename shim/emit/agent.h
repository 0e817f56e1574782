/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.h - events about other processes: how a child of this one terminated, and which signals
 * this one sent to whom.
 *
 * Each event is made on a stack of our own, with all signals except those of faults blocked
 * (stack_call()), so that neither a handler of the host's that waits for a child, too, nor one that
 * jumps away disturbs it. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/clock.h"
#include "core/events/event.h"

#include <sys/types.h>

struct rusage;

/* Our child CHILD has terminated, with STATUS as wait(2) returns it. USAGE is the kernel's, or
 * NULL. */
void agent_ended(pid_t child, int status, const struct rusage *usage);

/* At AT_US of CLOCK_MONOTONIC we sent signal NUMBER to PID; REACH says whether to that process, its
 * group, or all. ALREADY_DEAD: another signal had killed PID before. */
void agent_sent(pid_t pid, enum event_reach reach, int number, int64_t at_us, bool already_dead);
