/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dead_children.h - which children were dead already when this process sent SIGKILL.
 *
 * A launcher that notices the death of a rank by a closed connection (MPICH's) kills all ranks at
 * once, the dead one too, before it waits for any: all of them have died of SIGKILL then, and only
 * /proc distinguishes them, before the first signal. So dead_children_look() is called before the
 * first SIGKILL to a child, and not between two signals (emit/pending.h). It takes 6 us for each
 * child, LOOK_US at most, and LOOKS_US in a process: children beyond that count as alive.
 * Signal-safe: yes. Threads: any; in two that send at once, the later look counts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Find the children that a signal has killed, or is about to, if PID is a child of this thread.
 * PID may lead a group. process_is_ours() holds. */
void dead_children_look(pid_t pid);

/* Whether the last look found PID dead; if so, *RET_US is when that was, of CLOCK_MONOTONIC. Makes
 * no system call. */
bool dead_children_has(pid_t pid, int64_t *ret_us);

/* What the last look found counts no longer: the pids may be those of other processes by now. */
void dead_children_forget(void);
