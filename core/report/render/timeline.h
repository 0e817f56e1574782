/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timeline.h - when a process was in which state, counted from the beginning of the job.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* In microseconds from the job's beginning, and in ascending order: where the clocks of hosts
 * disagree, the later time is moved. */
struct timeline {
	int64_t began_us, running_us, ended_us;
	bool has_running;
};

/* The timeline of PROCESS, which ends with the termination of FAILED: PROCESS itself, or a process
 * that it ran. Where FAILED is NULL or has not terminated, it ends with the last event of
 * PROCESS. */
struct timeline timeline_of(
	const struct report *report, const struct process *process, const struct process *failed);
