/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitors.h - the `vigil run`s that make a run together, one or more on each host.
 *
 * Signal-safe: no. Threads: a job belongs to one.
 */
#pragma once

#include "core/eventfile/reading.h"
#include "core/report/job/process.h"

struct monitor_run {
	/* never NULL; "" when unknown */
	const char *hostname, *boot_id;
	pid_t pid;
	uint64_t start_ticks; /* 0: unknown */
	int64_t began_us;     /* by its host's wall clock; INT64_MIN: not known */
	int64_t ended_us;     /* likewise; INT64_MIN: it has not ended, or was killed */
	bool replaced;	      /* it is over, and another began on its host after that */
};

/* Takes the events of monitors about themselves out of the COUNT events of ORDER, and makes
 * JOB->monitors of them, by hostname and time. Returns how many are left, or -ENOMEM. */
ssize_t monitors_take(struct job *job, const struct event_record **order, size_t count);

/* PROCESS is the command of MONITOR: the process that it started. */
bool monitor_started(const struct monitor_run *monitor, const struct process *process);

/* How many monitors of run RUN_ID have events in READING and have not ended. */
size_t monitors_running(const struct reading *reading, const char *run_id);
