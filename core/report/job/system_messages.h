/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system_messages.h - what the system said while the job ran: the kernel's log and Slurm's answer,
 * as `vigil run` recorded them, and of what srun read from its tasks the lines of slurmstepd that
 * name a limit.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/eventfile/reading.h"
#include "core/report/job/process.h"

/* Takes the events with messages of the system out of the COUNT events of ORDER, which is sorted,
 * into JOB; those of slurmstepd are made, in memory of READING, and what srun read stays. Returns
 * how many are left, or -ENOMEM. */
ssize_t system_messages_take(
	struct reading *reading, struct job *job, const struct event_record **order, size_t count);

/* Sets oom_message of the processes of JOB, whose terminations are set; those are then by
 * CAUSE_OOM, in memory of READING. Returns 0 or -ENOMEM. */
int system_messages_set(struct reading *reading, struct job *job);

/* How long before the termination of PROCESS MESSAGE came; negative: after it. */
int64_t system_message_age_us(const struct event_record *message, const struct process *process);

/* MESSAGE is about PROCESS, by its pid, and came while that was there. */
bool system_message_names(const struct event_record *message, const struct process *process);
