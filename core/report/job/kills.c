/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/kills.h"

#include "core/base/order.h"
#include "core/report/job/thresholds.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

bool signal_requests_end(int number)
{
	return signal_is_in(SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGHUP) |
				    SIGNAL_BIT(SIGQUIT) | SIGNAL_BIT(SIGKILL),
		number);
}

bool event_obeyed(const struct event *event)
{
	return event->cause == CAUSE_EXIT && event->how != HOW_NONE &&
	       event->how != HOW_MPI_ABORT &&
	       signal_requests_end(signal_of_status(event->exit_code));
}

static int compare_targets(const struct event_record *kill, const char *hostname, pid_t pid)
{
	return strcmp(kill->hostname, hostname) ?: COMPARE(kill->pid, pid);
}

static int compare_kills(const void *a, const void *b)
{
	const struct event_record *one = *(const struct event_record *const *)a,
				  *other = *(const struct event_record *const *)b;

	return compare_targets(one, other->hostname, other->pid) ?: event_order(one, other);
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

/* The time of KILL on the job's clock, by an event of PROCESS, which is of the same host and has a
 * time on both clocks. */
static int64_t time_of(const struct event_record *kill, const struct process *process)
{
	bool has_ended = process->termination != NULL;
	const struct event_record *known = has_ended ? process->termination : process->first;
	int64_t known_us = has_ended ? process->ended_us : process->first_us;

	if (kill->mono_us > 0 && known->mono_us > 0)
		return known_us - known->mono_us + kill->mono_us;
	return known_us - known->time_us + kill->time_us;
}

static bool was_there(const struct process *process, int64_t at_us)
{
	return (process->began_us == BEGAN_UNKNOWN || at_us >= process->began_us - START_TICK_US) &&
	       (process->termination == NULL || at_us <= process->ended_us);
}

/* A signal NUMBER may explain the termination of PROCESS. Where only the waiter reports the
 * termination, only the same signal does: the process may have been dead long before the waiter
 * looked, and the signal have come too late. */
static bool may_explain(int number, const struct process *process)
{
	const struct event *event;

	if (process->termination == NULL)
		return signal_requests_end(number);
	event = termination_event(process);
	if (event->cause == CAUSE_OOM)
		return false;
	return event->signal.number == number ||
	       (process->termination->source == SOURCE_WORKER && signal_requests_end(number));
}

/* The process terminated by the signal, or by its reaction to the signal: success, the status that
 * stands for the signal, a fault in its handler. Any other failure may be older than its report: an
 * exception or an exit is, where a signal ended the cleanup after it. */
bool kill_explains(const struct process *process)
{
	const struct event *event;

	if (process->kill_request == NULL || process->termination == NULL)
		return false;
	event = termination_event(process);
	if (event->cause == CAUSE_EXCEPTION || event_was_exiting(event))
		return false;
	return event->signal.number == process->kill_request->kill->number ||
	       event->state == NODE_SUCCEEDED || event->cause == CAUSE_FAULT ||
	       event->cause == CAUSE_ABORT || event_obeyed(event);
}

bool kill_is_own(const struct process *process)
{
	return process->kill_request != NULL &&
	       process->kill_request->kill->reporter.pid == process->pid;
}

/* KILL explains the termination of PROCESS better than its kill request so far: it has the signal
 * of the termination, or else is the earlier one. */
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

/* KILL found PROCESS dead already. Such a kill explains nothing. */
static bool found_dead(const struct event_record *kill, const struct process *process)
{
	return kill->kill->already_dead && kill->pid == process->pid;
}

static void consider(struct process *process, const struct event_record *kill)
{
	int64_t at_us = time_of(kill, process);

	if (found_dead(kill, process)) {
		if (was_there(process, at_us) &&
			(process->late_kill == NULL ||
				at_us < time_of(process->late_kill, process)))
			process->late_kill = kill;
		return;
	}
	if (!was_there(process, at_us) || !may_explain(kill->kill->number, process) ||
		!is_better(process, kill, at_us))
		return;
	process->kill_request = kill;
	process->kill_request_us = at_us;
}

/* Considers the signals sent to PID on the host of PROCESS: to the group that PID leads, and unless
 * GROUP_ONLY to that process alone. */
static void consider_target(
	const struct job *job, struct process *process, pid_t pid, bool group_only)
{
	size_t at = LOWER_BOUND(
		i, job->kill_count, compare_targets(job->kills[i], process->hostname, pid) < 0);

	for (; at < job->kill_count && compare_targets(job->kills[at], process->hostname, pid) == 0;
		at++)
		if (job->kills[at]->kill->reach == REACH_GROUP ||
			(!group_only && job->kills[at]->kill->reach == REACH_ONE))
			consider(process, job->kills[at]);
}

/* Most jobs have no kill(-1), and none has many that matter. */
#define TO_ALL_MOST 64

static size_t find_to_all(const struct job *job, const struct event_record *found[TO_ALL_MOST])
{
	size_t count = 0;

	for (size_t i = 0; i < job->kill_count && count < TO_ALL_MOST; i++)
		if (job->kills[i]->kill->reach == REACH_ALL)
			found[count++] = job->kills[i];
	return count;
}

/* What killed PROCESS did so before its late kill. */
static void settle_late(struct process *process)
{
	int64_t at_us;

	if (process->late_kill == NULL || process->termination == NULL ||
		process->termination->source != SOURCE_AGENT)
		return;
	at_us = time_of(process->late_kill, process);
	if (process->kill_request != NULL && process->kill_request_us > at_us)
		process->kill_request = NULL;
	process->ended_us = at_us;
}

/* PROCESS reported that slurmstepd, its parent, had requested it to end. */
static bool was_asked_by_slurmstepd(const struct process *process)
{
	const struct event_signal *signal =
		process->own_termination == NULL || process->own_termination->end == NULL
			? NULL
			: &process->own_termination->end->event.signal;

	return signal != NULL && signal->number == SIGTERM && signal->sender_pid == process->ppid &&
	       signal->sender != NULL && strcmp(signal->sender, "slurmstepd") == 0;
}

/* When the first of the step's ranks was; INT64_MAX: none was. */
static int64_t first_asked_us(const struct job *job)
{
	int64_t first_us = INT64_MAX;

	FOR_EACH_PROCESS (process, job)
		if (process->ended_us < first_us && was_asked_by_slurmstepd(process))
			first_us = process->ended_us;
	return first_us;
}

/* Slurm asks all ranks of a step to end at once. One that was found gone soon after that, and has
 * not reported that, had ended before. */
static void settle_vanished(struct job *job)
{
	int64_t asked_us = first_asked_us(job);

	FOR_EACH_PROCESS (process, job) {
		process->gone_when_asked =
			process->rank != RANK_UNKNOWN && process->launcher == LAUNCHER_SLURM &&
			process->own_termination == NULL && process->termination != NULL &&
			termination_event(process)->cause == CAUSE_VANISHED &&
			process->program_us < asked_us && process->ended_us > asked_us &&
			process->ended_us - asked_us < SLURM_KILL_WAIT_US;
		if (process->gone_when_asked)
			process->ended_us = asked_us - 1;
	}
}

void kills_set(struct job *job)
{
	const struct event_record *to_all[TO_ALL_MOST];
	size_t all = find_to_all(job, to_all);

	for (size_t i = 0; i < job->count && job->kill_count > 0; i++) {
		struct process *process = &job->processes[i];
		const struct process *at = process->parent;

		consider_target(job, process, process->pid, false);
		if (process->ppid > 1 && (at == NULL || at->pid != process->ppid))
			consider_target(job, process, process->ppid, true); /* a monitor's group */
		for (int depth = 0; at != NULL && depth < PROCESS_DEPTH_MOST;
			depth++, at = at->parent)
			consider_target(job, process, at->pid, true);
		for (size_t k = 0; k < all; k++)
			if (strcmp(to_all[k]->hostname, process->hostname) == 0)
				consider(process, to_all[k]);
		settle_late(process);
	}
	settle_vanished(job);
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
