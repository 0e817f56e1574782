/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launches.h - which ranks belong together where a job launches more than once, as a script does
 * that calls mpirun twice: the same ranks come again, of another launcher.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/*
 * Sets launched_by of RANKS, COUNT processes that are ranks, and launch of their launchers: 0 for
 * the first. RANKS come back sorted by attempt and rank.
 *
 * Two launchers that each have a process of one rank made two launches, the later the later one;
 * any other two may have made one together, as on several hosts. Where a launcher is not known, as
 * Slurm's is not, one process of the rank must have ended before the other began.
 *
 * Returns how many launches there are, at least 1.
 */
size_t launches_set(struct process **ranks, size_t count);

/* The launch that RANK is of, one of those RANKS. */
size_t launch_of(const struct process *rank);
