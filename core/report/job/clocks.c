/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/steps.h"
#include "core/report/job/thresholds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* CLOCK_MONOTONIC of one boot of one host. */
struct clock {
	int64_t last_mono_us;
	int64_t offset_us; /* by which the wall clock is ahead of CLOCK_MONOTONIC */
};

/* Containers on a host have hostnames of their own but one clock: the boot id shows that. */
static const char *clock_name(const char *boot_id, const char *hostname)
{
	return boot_id[0] != '\0' ? boot_id : hostname;
}

static int compare_clock_names(const void *a, const void *b)
{
	const struct process *one = *(struct process *const *)a,
			     *other = *(struct process *const *)b;

	return strcmp(clock_name(one->boot_id, one->hostname),
		clock_name(other->boot_id, other->hostname));
}

/* Sets clock of the processes. Returns how many clocks there are. */
static size_t number_clocks(struct process **by_name, size_t count)
{
	size_t clocks = 0;

	qsort(by_name, count, sizeof *by_name, compare_clock_names);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && compare_clock_names(&by_name[i - 1], &by_name[i]) != 0)
			clocks++;
		by_name[i]->clock = clocks;
	}
	return clocks + 1;
}

/* Takes the offset from RECORD if it is later than those before. The wall clock may be set while a
 * job runs: the last event counts, as failures come last. */
static void read_offset(struct clock *clock, const struct event_record *record)
{
	if (record == NULL || record->mono_us <= clock->last_mono_us)
		return;
	clock->last_mono_us = record->mono_us;
	clock->offset_us = record->time_us - record->mono_us;
}

static int64_t on_job_clock(const struct clock *clock, const struct event_record *record)
{
	return record->mono_us > 0 ? record->mono_us + clock->offset_us : record->time_us;
}

/* Where nothing but its termination was reported, the start time that the kernel has for PROCESS
 * counts. */
static int64_t beginning(const struct process *process, const struct clock *clock)
{
	if (process->init != NULL || process->first->end == NULL)
		return on_job_clock(clock, process->first);
	if (process->start_ticks > 0 && clock->last_mono_us > 0)
		return (int64_t)process->start_ticks * START_TICK_US + clock->offset_us;
	return BEGAN_UNKNOWN;
}

/* The kernel's start time is of fork(), and is not later than the first event. */
static int64_t forked(const struct process *process, const struct clock *clock)
{
	int64_t start_us = (int64_t)process->start_ticks * START_TICK_US + clock->offset_us;

	return process->start_ticks > 0 && clock->last_mono_us > 0 && start_us < process->began_us
		       ? start_us
		       : process->began_us;
}

static void set_times(struct process *process, const struct clock *clock)
{
	const struct event_record *const all[] = {process->first, process->init, process->running,
		process->raised, process->seen, process->own_termination,
		process->agent_termination};

	process->began_us = beginning(process, clock);
	process->forked_us = forked(process, clock);
	process->program_us =
		process->exec == NULL ? BEGAN_UNKNOWN : on_job_clock(clock, process->exec);
	process->first_us = process->last_us = on_job_clock(clock, process->first);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i] != NULL && on_job_clock(clock, all[i]) > process->last_us)
			process->last_us = on_job_clock(clock, all[i]);
	if (process->seen != NULL)
		process->seen_us = on_job_clock(clock, process->seen);
	if (process->stalled != NULL)
		process->stalled_us = on_job_clock(clock, process->stalled);
	if (process->moved != NULL)
		process->moved_us = on_job_clock(clock, process->moved);
	if (process->termination != NULL)
		process->ended_us = on_job_clock(clock, process->termination);
}

int clocks_set(struct job *job)
{
	struct process **by_name = reallocarray(NULL, job->count, sizeof *by_name);
	struct clock *clocks = NULL;

	if (by_name != NULL) {
		for (size_t i = 0; i < job->count; i++)
			by_name[i] = &job->processes[i];
		clocks = calloc(number_clocks(by_name, job->count), sizeof *clocks);
	}
	free(by_name);
	if (clocks == NULL)
		return -ENOMEM;
	FOR_EACH_PROCESS (process, job) {
		read_offset(&clocks[process->clock], process->first);
		read_offset(&clocks[process->clock], process->own_termination);
		read_offset(&clocks[process->clock], process->agent_termination);
	}
	FOR_EACH_PROCESS (process, job)
		set_times(process, &clocks[process->clock]);
	free(clocks);
	return 0;
}
