/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/process.h"

#include "core/report/job/clocks.h"
#include "core/report/job/family.h"
#include "core/report/job/kills.h"
#include "core/report/job/losses.h"
#include "core/report/job/runs.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static int compare_numbers(int64_t one, int64_t other)
{
	return (one > other) - (one < other);
}

/* One host has one clock: the wall clock only helps where the other is unknown. */
static int compare_times(const struct event_record *one, const struct event_record *other)
{
	if (one->mono_us > 0 && other->mono_us > 0)
		return compare_numbers(one->mono_us, other->mono_us);
	return compare_numbers(one->time_us, other->time_us);
}

static int compare_identities(const struct event_record *one, const struct event_record *other)
{
	int order = strcmp(one->hostname, other->hostname);

	if (order == 0)
		order = compare_numbers(one->pid, other->pid);
	if (order == 0)
		order = (one->start_ticks > other->start_ticks) -
			(one->start_ticks < other->start_ticks);
	return order == 0 ? strcmp(one->boot_id, other->boot_id) : order;
}

/* In the end, what was reported twice stands side by side. */
static int compare_records(const void *a, const void *b)
{
	const struct event_record *one = *(const struct event_record *const *)a,
				  *other = *(const struct event_record *const *)b;
	int order = compare_identities(one, other);

	if (order == 0)
		order = compare_times(one, other);
	if (order == 0)
		order = compare_numbers(one->seq, other->seq);
	if (order == 0)
		order = compare_numbers(one->source, other->source);
	if (order == 0)
		order = compare_numbers(one->state, other->state);
	return order == 0 ? strcmp(one->what, other->what) : order;
}

static bool same_event(const struct event_record *one, const struct event_record *other)
{
	return compare_records(&one, &other) == 0 && one->time_us == other->time_us;
}

static size_t drop_duplicates(const struct event_record **order, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !same_event(order[kept - 1], order[i]))
			order[kept++] = order[i];
	return kept;
}

/* A rank may be set while the process runs: what it said last counts. A waiter knows it only by
 * hearsay. */
static void take_rank(struct process *process, const struct event_record *record)
{
	if (record->rank == RANK_UNKNOWN)
		return;
	if (record->source == SOURCE_AGENT && process->rank != RANK_UNKNOWN)
		return;
	process->is_rank =
		process->rank == RANK_UNKNOWN ? record->leader : process->is_rank && record->leader;
	process->rank = record->rank;
	process->local_id = record->local_id;
	process->world_size = record->world_size;
	process->attempt = record->attempt;
	process->launcher = record->launcher;
}

/* After a program that could not be started comes the exit that says so: the exit is not news. */
static bool repeats_exec_failure(const struct event_record *before, const struct event_record *now)
{
	return before != NULL && before->end->event.cause == CAUSE_EXEC_FAILED &&
	       now->end->event.cause == CAUSE_EXIT;
}

static bool is_later(const struct event_record *record, const struct event_record *than)
{
	return than == NULL || compare_times(record, than) >= 0;
}

static bool same_status(const struct event *one, const struct event *other)
{
	return one->signal.number == other->signal.number && one->how == other->how &&
	       one->exit_code == other->exit_code;
}

/*
 * Several may have seen one end: the parent that waited, and `vigil run`. The first knew it best,
 * but that the memory was short knows only who looked; nobody saw how it went that says no status.
 */
static bool is_better_seen(const struct event_record *record, const struct event_record *than)
{
	const struct event *one = &record->end->event, *other;

	if (than == NULL)
		return true;
	other = &than->end->event;
	if ((one->cause == CAUSE_VANISHED) != (other->cause == CAUSE_VANISHED))
		return other->cause == CAUSE_VANISHED;
	if (one->signal.number == SIGKILL && other->signal.number == SIGKILL &&
		one->cause != other->cause)
		return one->cause == CAUSE_OOM;
	return same_status(one, other) ? compare_times(record, than) < 0 : is_later(record, than);
}

/* An end that the process outlived was none. */
static void take_own(struct process *process, const struct event_record *record)
{
	if (record->state == NODE_INIT && process->init == NULL)
		process->init = record;
	if (record->state == NODE_INIT && is_later(record, process->own_termination))
		process->own_termination = NULL;
	if (record->state == NODE_RUNNING && process->running == NULL)
		process->running = record;
	if (record->end != NULL && is_later(record, process->own_termination) &&
		!repeats_exec_failure(process->own_termination, record))
		process->own_termination = record;
}

/* Who reports another may not know what that runs. */
static bool is_named(const struct process *process)
{
	return process->program[0] != '\0' && strcmp(process->program, "unknown") != 0;
}

static void take(struct process *process, const struct event_record *record)
{
	if (process->first == NULL || compare_times(record, process->first) < 0)
		process->first = record;
	if (record->source == SOURCE_WORKER)
		take_own(process, record);
	else if (record->end != NULL && is_better_seen(record, process->agent_termination))
		process->agent_termination = record;
	if (record->program[0] != '\0' && (record->source == SOURCE_WORKER || !is_named(process)))
		process->program = record->program;
	if (record->run_id[0] != '\0')
		process->run_id = record->run_id;
	if (process->ppid == 0)
		process->ppid = record->ppid;
	if (record->boot_id[0] != '\0')
		process->boot_id = record->boot_id;
	take_rank(process, record);
}

static struct process *begin(struct job *job, const struct event_record *record)
{
	struct process *process = &job->processes[job->count++];

	*process = (struct process){
		.hostname = record->hostname,
		.boot_id = record->boot_id,
		.program = "",
		.run_id = "",
		.pid = record->pid,
		.start_ticks = record->start_ticks,
		.rank = RANK_UNKNOWN,
		.local_id = RANK_UNKNOWN,
		.world_size = RANK_UNKNOWN,
		.launcher = LAUNCHER_NONE,
	};
	return process;
}

static bool is_same_process(const struct process *process, const struct event_record *record)
{
	return process->start_ticks == record->start_ticks &&
	       (process->boot_id[0] == '\0' || record->boot_id[0] == '\0' ||
		       strcmp(process->boot_id, record->boot_id) == 0);
}

/* Among the processes from FIRST on, which had the same pid one after the other: the latest that
 * began before Reported. */
static struct process *latest_before(
	const struct job *job, size_t first, const struct event_record *record)
{
	size_t low = first, high = job->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_times(job->processes[middle].first, record) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > first	    ? &job->processes[low - 1]
	       : first < job->count ? &job->processes[first]
				    : NULL;
}

/* What does not say which process of that pid it means, and there is none: an end closes one, the
 * next event begins one. */
static void begin_nameless(struct job *job, const struct event_record *const *order, size_t count)
{
	struct process *process = NULL;

	for (size_t i = 0; i < count; i++) {
		if (process == NULL)
			process = begin(job, order[i]);
		take(process, order[i]);
		if (order[i]->source == SOURCE_AGENT && order[i]->end != NULL)
			process = NULL;
	}
}

/* ORDER holds all that was reported one pid of one host; what lacks start_ticks comes first. */
static void take_pid(struct job *job, const struct event_record *const *order, size_t count)
{
	size_t nameless = 0, first = job->count;
	struct process *process = NULL;

	while (nameless < count && order[nameless]->start_ticks == 0)
		nameless++;
	if (nameless == count) {
		begin_nameless(job, order, count);
		return;
	}
	for (size_t i = nameless; i < count; i++) {
		if (process == NULL || !is_same_process(process, order[i]))
			process = begin(job, order[i]);
		take(process, order[i]);
	}
	for (size_t i = 0; i < nameless; i++)
		take(latest_before(job, first, order[i]), order[i]);
}

static void group(struct job *job, const struct event_record *const *order, size_t count)
{
	size_t from = 0;

	for (size_t i = 1; i <= count; i++) {
		if (i < count && order[i]->pid == order[from]->pid &&
			strcmp(order[i]->hostname, order[from]->hostname) == 0)
			continue;
		take_pid(job, order + from, i - from);
		from = i;
	}
}

/* The status that the waiter saw, where the process reported another: what was reported was not the
 * end.
 */
static bool contradicts(const struct termination *own, const struct termination *agent)
{
	const struct event *record = &own->event, *seen = &agent->event;

	if (record->how == HOW_MPI_ABORT)
		return false;
	if (record->how == HOW_NONE)
		return seen->state == NODE_SUCCEEDED;
	if (seen->signal.number != 0)
		return record->signal.number != seen->signal.number;
	return seen->how != HOW_NONE && record->state != seen->state;
}

static void settle_end(struct process *process)
{
	const struct event_record *own = process->own_termination,
				  *agent = process->agent_termination;

	process->contradicted = own != NULL && agent != NULL && contradicts(own->end, agent->end);
	process->termination = own == NULL || process->contradicted ? agent : own;
}

static int compare_processes(const void *a, const void *b)
{
	const struct process *one = a, *other = b;
	int order = strcmp(one->hostname, other->hostname);

	if (order == 0)
		order = compare_numbers(one->pid, other->pid);
	return order == 0 ? compare_numbers(one->began_us, other->began_us) : order;
}

/* ORDER is every event of the run, and comes back sorted. */
static int make(struct job *job, const struct event_record **order, size_t count)
{
	ssize_t left;
	int error;

	qsort(order, count, sizeof *order, compare_records);
	job->duplicates = count - drop_duplicates(order, count);
	error = losses_count(job, order, count - job->duplicates);
	count = losses_take(order, count - job->duplicates);
	left = error < 0 ? error : kills_take(job, order, count);
	if (left < 0)
		return (int)left;
	if (left == 0)
		return -ENODATA;
	job->processes = reallocarray(NULL, (size_t)left, sizeof *job->processes);
	if (job->processes == NULL)
		return -ENOMEM;
	group(job, order, (size_t)left);
	for (size_t i = 0; i < job->count; i++)
		settle_end(&job->processes[i]);
	return clocks_set(job);
}

int job_make(struct reading *reading, const char *run_id, struct job *ret_job)
{
	struct job job = {0};
	const struct event_record **order = NULL;
	size_t count = 0;
	int error = run_select(reading, run_id, &job.run_id, &order, &count);

	if (error < 0)
		return error;
	error = make(&job, order, count);
	free(order);
	if (error < 0) {
		job_release(&job);
		return error;
	}
	qsort(job.processes, job.count, sizeof *job.processes, compare_processes);
	family_set(&job);
	kills_set(&job);
	*ret_job = job;
	return 0;
}

void job_release(struct job *job)
{
	free(job->processes);
	free(job->kills);
	*job = (struct job){0};
}

struct process *job_find(const struct job *job, const char *hostname, pid_t pid, int64_t at_us)
{
	struct process key = {.hostname = hostname, .pid = pid, .began_us = at_us};
	size_t low = 0, high = job->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_processes(&job->processes[middle], &key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || job->processes[low - 1].pid != pid ||
		strcmp(job->processes[low - 1].hostname, hostname) != 0)
		return NULL;
	return &job->processes[low - 1];
}

void process_add_name(const struct process *process, struct text *text)
{
	if (is_named(process) || process->parent == NULL || !is_named(process->parent))
		text_add(text, process->program);
	else
		text_printf(text, "%s's child", process->parent->program);
}

bool process_descends(const struct process *process, const struct process *ancestor)
{
	const struct process *at = process->parent;

	for (int depth = 0; at != NULL && depth < PROCESS_DEPTH_MOST; depth++) {
		if (at == ancestor)
			return true;
		at = at->parent;
	}
	return false;
}

bool process_ordered(const struct process *one, int64_t one_us, const struct process *other,
	int64_t other_us, int64_t skew_us)
{
	int64_t apart = one_us > other_us ? one_us - other_us : other_us - one_us;

	return one->clock == other->clock || apart > skew_us;
}
