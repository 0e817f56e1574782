/* SPDX-License-Identifier: Apache-2.0 */
/*
 * losses.h - the events that are missing, by the numbers of those that are there.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/process.h"

/* Counts into JOB what is missing in ORDER, all that was told of the run, COUNT events. Returns 0
 * or -ENOMEM. */
int losses_count(struct job *job, const struct told *const *order, size_t count);
