/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.h - the room job/: makes the processes of one run from the events that were read.
 *
 * In: a reading (core/eventfile/read.h). Out: a struct job (process.h), and what its terminations
 * mean by themselves (rules.h, chain.h). It includes nothing of verdict/, symbols/ and render/.
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/eventfile/read.h"
#include "core/report/job/process.h"

/* Makes the processes of run RUN_ID (NULL: the newest) from READING, which must outlive the job and
 * gets the warnings. Returns 0 and a job that the CALLER OWNS, to be released with job_release();
 * -ENODATA when the run has no event; -ENOMEM. */
int job_make(struct reading *reading, const char *run_id, struct job *ret_job);

/* Releases the processes; JOB is all zero again. */
void job_release(struct job *job);
