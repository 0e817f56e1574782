/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timeline.h - the life of a process on the report's time line, which begins with the job.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* In microseconds from the job's beginning, in this order: what the clocks of hosts make come
 * sooner is moved. */
struct timeline {
	int64_t began_us, running_us, ended_us;
	bool has_running;
};

/*
 * The life of PROCESS, whose end is FAILED's: it, or what it ran. Where FAILED is NULL, or has no
 * end, it goes to its last event.
 */
struct timeline timeline_of(
	const struct report *report, const struct process *process, const struct process *failed);
