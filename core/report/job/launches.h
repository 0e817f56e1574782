/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launches.h - which ranks belong together where a job launches more than once, as a script does
 * that calls mpirun twice: the same ranks, of other launchers.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/*
 * Sets `launched_by` of LEADERS, and `launch` of those: 0 for the first launch. LEADERS come back
 * sorted by attempt and rank.
 *
 * Two launchers that each have a leader of one rank are of two launches, the one that began later
 * of the later one; all others may be of one, as on several hosts. Where a launcher is not known,
 * as Slurm's is not, the leaders must have followed one another.
 *
 * Returns how many launches there are, at least 1.
 */
size_t launches_set(struct process **leaders, size_t count);

/* The launch that LEADER is of, one of those LEADERS. */
size_t launch_of(const struct process *leader);
