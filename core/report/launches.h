/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launches.h - which ranks belong together where a job launches more than once, as a script does
 * that calls mpirun twice: the same ranks, of other launchers.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/process.h"

/*
 * Sets `launch` of the parents of LEADERS, which are sorted by attempt and rank: 0 for the first
 * launch. Two parents that each have a leader of one rank are of two launches, the one that began
 * later of the later one; all others may be of one, as on several hosts. Returns how many launches
 * there are, at least 1.
 */
size_t launches_set(struct process *const *leaders, size_t count);

/* The launch that LEADER is of; 0 where its parent is not known. */
size_t launch_of(const struct process *leader);
