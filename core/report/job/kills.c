/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/kills.h"

#include "core/report/job/rules.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* How exactly the start of a process is known: proc(5) counts it in 1/100 s. */
#define START_EXACT_US 10000

bool kills_asks_to_end(int number)
{
	return number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT ||
	       number == SIGKILL;
}

static int compare_targets(const struct event_record *kill, const char *hostname, pid_t pid)
{
	int order = strcmp(kill->hostname, hostname);

	return order == 0 ? (kill->pid > pid) - (kill->pid < pid) : order;
}

static int compare_kills(const void *a, const void *b)
{
	const struct event_record *one = *(const struct event_record *const *)a,
				  *other = *(const struct event_record *const *)b;
	int order = compare_targets(one, other->hostname, other->pid);

	if (order == 0 && one->mono_us > 0 && other->mono_us > 0)
		return (one->mono_us > other->mono_us) - (one->mono_us < other->mono_us);
	return order == 0 ? (one->time_us > other->time_us) - (one->time_us < other->time_us)
			  : order;
}

ssize_t kills_take(struct job *job, const struct event_record **order, size_t count)
{
	size_t kills = 0, kept = 0;

	for (size_t i = 0; i < count; i++)
		kills += order[i]->kill != NULL;
	job->kills = reallocarray(NULL, kills + 1, sizeof *job->kills);
	if (job->kills == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (order[i]->kill != NULL)
			job->kills[job->kill_count++] = order[i];
		else
			order[kept++] = order[i];
	qsort(job->kills, job->kill_count, sizeof *job->kills, compare_kills);
	return (ssize_t)kept;
}

/* The first kill whose target is PID on HOSTNAME; kill_count when there is none. */
static size_t first_of(const struct job *job, const char *hostname, pid_t pid)
{
	size_t low = 0, high = job->kill_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_targets(job->kills[middle], hostname, pid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* On the job's clock: PROCESS is of the same host, and its last word reports how that stands. */
static int64_t time_of(const struct event_record *kill, const struct process *process)
{
	const struct event_record *known =
		process->termination != NULL ? process->termination : process->first;
	int64_t known_us = process->termination != NULL ? process->ended_us : process->first_us;

	if (kill->mono_us > 0 && known->mono_us > 0)
		return known_us - known->mono_us + kill->mono_us;
	return known_us - known->time_us + kill->time_us;
}

static bool was_there(const struct process *process, int64_t at_us)
{
	return (process->began_us == BEGAN_UNKNOWN ||
		       at_us >= process->began_us - START_EXACT_US) &&
	       (process->termination == NULL || at_us <= process->ended_us);
}

/*
 * What a waiter saw may have been an end long before it looked, and the signal came to one that was
 * dead: then only the same signal means something.
 */
static bool may_explain(int number, const struct process *process)
{
	const struct event *event =
		process->termination == NULL ? NULL : termination_event(process);

	if (event == NULL)
		return kills_asks_to_end(number);
	if (event->cause == CAUSE_OOM)
		return false;
	return event->signal.number == number ||
	       (process->termination->source == SOURCE_WORKER && kills_asks_to_end(number));
}

/* It ended by the signal, or reported itself what it made of that: success, the status that stands
 * for it, a fault in its handler. Any other failure may be older than it was reported: an exception
 * or an exit is, where a signal ended what cleaned up after it. */
bool kills_explain(const struct process *process)
{
	const struct event *event;

	if (process->kill_request == NULL || process->termination == NULL)
		return false;
	event = termination_event(process);
	if (event->cause == CAUSE_EXCEPTION || rules_was_leaving(event))
		return false;
	if (event->signal.number == process->kill_request->kill->number ||
		event->state == NODE_SUCCEEDED || event->cause == CAUSE_FAULT ||
		event->cause == CAUSE_ABORT)
		return true;
	return event->cause == CAUSE_EXIT && event->how != HOW_MPI_ABORT &&
	       event->exit_code > 128 && kills_asks_to_end(event->exit_code - 128);
}

bool kills_itself(const struct process *process)
{
	return process->kill_request != NULL &&
	       process->kill_request->kill->reporter.pid == process->pid;
}

/* Of two that explain its end: the one with the signal that it ended by, else the earlier. */
static bool is_better(const struct process *process, const struct event_record *kill, int64_t at_us)
{
	int number = process->termination == NULL ? 0 : termination_event(process)->signal.number;
	bool exact = kill->kill->number == number;

	if (process->kill_request == NULL)
		return true;
	if (exact != (process->kill_request->kill->number == number))
		return exact;
	return at_us < process->kill_request_us;
}

static void consider(struct process *process, const struct event_record *kill)
{
	int64_t at_us = time_of(kill, process);

	if (!was_there(process, at_us) || !may_explain(kill->kill->number, process) ||
		!is_better(process, kill, at_us))
		return;
	process->kill_request = kill;
	process->kill_request_us = at_us;
}

/* All that was sent to PID: to the process alone, or to the group that it leads. */
static void consider_target(
	const struct job *job, struct process *process, pid_t pid, bool group_only)
{
	for (size_t i = first_of(job, process->hostname, pid);
		i < job->kill_count && compare_targets(job->kills[i], process->hostname, pid) == 0;
		i++)
		if (job->kills[i]->kill->reach == REACH_GROUP ||
			(!group_only && job->kills[i]->kill->reach == REACH_ONE))
			consider(process, job->kills[i]);
}

static void consider_all(struct process *process, const struct event_record *kill)
{
	if (kill->kill->reach == REACH_ALL && strcmp(kill->hostname, process->hostname) == 0)
		consider(process, kill);
}

/* Most jobs have none of these, and none has many that matter. */
#define TO_ALL_MOST 64

static size_t find_to_all(const struct job *job, const struct event_record *found[TO_ALL_MOST])
{
	size_t count = 0;

	for (size_t i = 0; i < job->kill_count && count < TO_ALL_MOST; i++)
		if (job->kills[i]->kill->reach == REACH_ALL)
			found[count++] = job->kills[i];
	return count;
}

void kills_set(struct job *job)
{
	const struct event_record *to_all[TO_ALL_MOST];
	size_t all = find_to_all(job, to_all);

	for (size_t i = 0; i < job->count && job->kill_count > 0; i++) {
		struct process *process = &job->processes[i];
		const struct process *leader = process->parent;

		consider_target(job, process, process->pid, false);
		for (int depth = 0; leader != NULL && depth < PROCESS_DEPTH_MOST;
			depth++, leader = leader->parent)
			consider_target(job, process, leader->pid, true);
		for (size_t k = 0; k < all; k++)
			consider_all(process, to_all[k]);
	}
}

bool kills_would_be_recorded(const struct job *job, const struct process *process)
{
	const struct event *seen =
		process->agent_termination == NULL ? NULL : &process->agent_termination->end->event;
	const struct process *reporter;

	if (seen == NULL || seen->reporter.pid <= 0)
		return false;
	reporter = job_find(job, process->hostname, seen->reporter.pid, process->ended_us);
	return reporter != NULL && reporter->init != NULL && process_descends(process, reporter) &&
	       (reporter->termination == NULL ||
		       reporter->termination->dropped == reporter->termination->unsent);
}

bool kills_are_complete(const struct job *job, const struct process *process)
{
	return kills_would_be_recorded(job, process) && process->agent_termination->seq > 0 &&
	       job->lost == 0;
}
