/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_descent.h - which of several `vigil run`s a process is the nearest to, by the chain of its
 * parents in /proc.
 *
 * Signal-safe: yes. Threads: one.
 */
#pragma once

#include "core/cli/run/run_known.h"

/*
 * Whether from the process PID, itself included, up to us no other `vigil run` stands between. One
 * of KNOWN has been found to be ours.
 */
bool descends_from_us(const struct known_table *known, pid_t pid);

/* Whether there is no `vigil run` at all from PID up to the first process. */
bool descends_from_none(pid_t pid);

/* Whether some process that is there began at START_TICKS. */
bool somebody_began_at(uint64_t start_ticks);
