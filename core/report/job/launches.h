/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launches.h - which ranks belong together where a job launches more than once, as a script does
 * that calls mpirun twice: each launcher starts the same ranks again.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/*
 * Sets launched_by of RANKS, COUNT processes that are ranks, and launch of their launchers, 0 for
 * the first. Sorts RANKS by attempt and rank.
 *
 * Two launchers made two launches where both have a process of the same rank; the launcher that
 * began later made the later one. Any other two launchers may have made one launch together, as on
 * several hosts. Where a launcher is not known, as Slurm's is not, one process of the rank must
 * also have ended before the other began.
 *
 * Returns how many launches there are, at least 1.
 */
size_t launches_set(struct process **ranks, size_t count);

/* The launch of RANK, one of the RANKS of launches_set(). */
size_t launch_of(const struct process *rank);
