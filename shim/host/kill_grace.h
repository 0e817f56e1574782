/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill_grace.h - a moment for the children that report where they were, before SIGKILL ends them.
 *
 * A launcher that is asked to end twice sends SIGTERM to its ranks and SIGKILL some milliseconds
 * later, while they still trace themselves. Whether one does shows in /proc: the signal is pending
 * and caught, or all signals are blocked, also those that no program blocks by libc
 * (base/tracer.c). Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* How long the children have, all together, once in a process. */
#define KILL_GRACE_MS 50

/*
 * Before SIGKILL to one of PIDS, COUNT processes that were requested to end: wait while one of them
 * that is a child of ours reports its termination. Returns whether it has waited. Takes 3 KiB of
 * stack, and 30 us for each of them. process_is_ours() holds.
 */
bool kill_grace(const pid_t *pids, unsigned count);
