/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.h - the steps by which job_make() makes a job, in their order; kills.h has one more.
 *
 * ORDER is an array of COUNT events. Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/eventfile/read.h"
#include "core/report/job/process.h"

/*
 * Picks the events of run RUN_ID, or of the newest where it is NULL; an event without a run belongs
 * to any. A warning of READING names the other runs. Returns 0, the run's id (the reading's) and a
 * malloc'ed array that the CALLER OWNS; -ENODATA when there is no event of it; -ENOMEM.
 */
int run_select(struct reading *reading, const char *run_id, const char **ret_run_id,
	const struct event_record ***ret_order, size_t *ret_count);

/* Counts into JOB the events of the run that are missing in ORDER, and those that the reporters
 * could not write or send. Returns 0 or -ENOMEM. */
int losses_count(struct job *job, const struct event_record *const *order, size_t count);

/* Takes the events that report losses alone out of ORDER. Returns how many are left. */
size_t losses_take(const struct event_record **order, size_t count);

/* Sets clock, began_us, first_us, last_us and ended_us of every process of JOB, from its events:
 * the times of all hosts on one clock. Returns 0 or -ENOMEM. */
int clocks_set(struct job *job);
