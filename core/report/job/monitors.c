/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/monitors.h"

#include "core/base/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_of_monitor(const struct event_record *record)
{
	return record->source == SOURCE_AGENT &&
	       (strcmp(record->what, EVENT_WHAT_WATCH) == 0 ||
		       strcmp(record->what, EVENT_WHAT_WATCHED) == 0);
}

static int compare(const void *a, const void *b)
{
	const struct monitor_run *one = a, *other = b;

	return strcmp(one->hostname, other->hostname)
		       ?: COMPARE(one->pid, other->pid)
		       ?: COMPARE(one->start_ticks, other->start_ticks);
}

static int compare_by_time(const void *a, const void *b)
{
	const struct monitor_run *one = a, *other = b;

	return strcmp(one->hostname, other->hostname)
		       ?: COMPARE(one->began_us, other->began_us)
		       ?: COMPARE(one->pid, other->pid);
}

static struct monitor_run monitor_of(const struct event_record *record)
{
	bool ended = strcmp(record->what, EVENT_WHAT_WATCHED) == 0;

	return (struct monitor_run){
		.hostname = record->hostname,
		.boot_id = record->boot_id,
		.pid = record->pid,
		.start_ticks = record->start_ticks,
		.began_us = ended ? INT64_MIN : record->time_us,
		.ended_us = ended ? record->time_us : INT64_MIN,
	};
}

/* Makes one of the two events of each of the COUNT MONITORS. Returns how many are left. */
static size_t join(struct monitor_run *monitors, size_t count)
{
	size_t left = 0;

	qsort(monitors, count, sizeof *monitors, compare);
	for (size_t i = 0; i < count; i++) {
		struct monitor_run *last = &monitors[left - 1];

		if (left == 0 || compare(last, &monitors[i]) != 0) {
			monitors[left++] = monitors[i];
			continue;
		}
		if (monitors[i].began_us != INT64_MIN)
			last->began_us = monitors[i].began_us;
		if (monitors[i].ended_us != INT64_MIN)
			last->ended_us = monitors[i].ended_us;
	}
	return left;
}

/* ONE was over when LATER, of the same host, began: it ended, or another process has its pid. */
static bool was_followed(const struct monitor_run *one, const struct monitor_run *later)
{
	return one->ended_us != INT64_MIN ? one->ended_us <= later->began_us
					  : one->pid == later->pid;
}

static void set_replaced(struct monitor_run *monitors, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1;
			j < count && strcmp(monitors[i].hostname, monitors[j].hostname) == 0; j++)
			if (was_followed(&monitors[i], &monitors[j]))
				monitors[i].replaced = true;
}

ssize_t monitors_take(struct job *job, const struct event_record **order, size_t count)
{
	size_t left = 0, taken = 0;

	for (size_t i = 0; i < count; i++)
		taken += is_of_monitor(order[i]);
	if (taken == 0)
		return (ssize_t)count;
	job->monitors = reallocarray(NULL, taken, sizeof *job->monitors);
	if (job->monitors == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (is_of_monitor(order[i]))
			job->monitors[job->monitor_count++] = monitor_of(order[i]);
		else
			order[left++] = order[i];
	job->monitor_count = join(job->monitors, job->monitor_count);
	qsort(job->monitors, job->monitor_count, sizeof *job->monitors, compare_by_time);
	set_replaced(job->monitors, job->monitor_count);
	return (ssize_t)left;
}

bool monitor_started(const struct monitor_run *monitor, const struct process *process)
{
	return process->ppid == monitor->pid && strcmp(process->hostname, monitor->hostname) == 0;
}

size_t monitors_running(const struct reading *reading, const char *run_id)
{
	const struct event_record **order = reallocarray(NULL, reading->count + 1, sizeof *order);
	struct job job = {.count = 0};
	size_t count = 0, running = 0;

	for (size_t i = 0; order != NULL && i < reading->count; i++)
		if (strcmp(reading->events[i].run_id, run_id) == 0)
			order[count++] = &reading->events[i];
	if (order != NULL && monitors_take(&job, order, count) >= 0)
		for (size_t i = 0; i < job.monitor_count; i++)
			running +=
				job.monitors[i].ended_us == INT64_MIN && !job.monitors[i].replaced;
	free(job.monitors);
	free(order);
	return running;
}
