/* SPDX-License-Identifier: Apache-2.0 */
/*
 * losses.h - the events that are missing, by the numbers of those that are there.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/report/job/process.h"

/* Counts into JOB what is missing in ORDER, all that was reported the run, COUNT events, and what
 * its reporters could not write or send. Returns 0 or -ENOMEM. */
int losses_count(struct job *job, const struct event_record *const *order, size_t count);

/* Takes out of ORDER the events that say nothing else. Returns how many are left. */
size_t losses_take(const struct event_record **order, size_t count);
