/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From events to processes, in the order of this file: the events of one run are picked and sorted
 * by process and time, duplicates dropped, losses counted, reported kill()s set aside; then each
 * process is made from its events, its termination is settled, and the processes get times, parents
 * and kill requests.
 */
#include "core/report/job/job.h"

#include "core/base/order.h"
#include "core/report/job/kills.h"
#include "core/report/job/monitors.h"
#include "core/report/job/steps.h"
#include "core/report/job/system_messages.h"
#include "core/report/job/thresholds.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* How many other runs a warning names. */
#define NAMED_MOST 8

static int compare_runs(const void *a, const void *b)
{
	const struct event_record *one = *(const struct event_record *const *)a,
				  *other = *(const struct event_record *const *)b;

	return strcmp(one->run_id, other->run_id) ?: COMPARE(one->time_us, other->time_us);
}

/* The run whose first event is the latest; "" when no event has a run. ORDER is sorted by run. */
static const char *newest_run(const struct event_record *const *order, size_t count)
{
	const struct event_record *newest = NULL;

	for (size_t i = 0; i < count; i++) {
		bool first = i == 0 || strcmp(order[i]->run_id, order[i - 1]->run_id) != 0;

		if (first && order[i]->run_id[0] != '\0' &&
			(newest == NULL || order[i]->time_us > newest->time_us))
			newest = order[i];
	}
	return newest == NULL ? "" : newest->run_id;
}

/* Keeps the events of run RUN_ID and those without a run; a warning names the other runs. Returns
 * how many are left, -ENODATA where none is of the run, or -ENOMEM. */
static ssize_t keep_run(struct reading *reading, const struct event_record **order, size_t count,
	const char *run_id)
{
	char buffer[512];
	struct text names;
	size_t kept = 0, others = 0;
	const char *last = "";
	bool found = false;

	text_init(&names, buffer, sizeof buffer);
	for (size_t i = 0; i < count; i++) {
		const char *id = order[i]->run_id;
		bool wanted = strcmp(id, run_id) == 0;

		found |= wanted;
		if (wanted || id[0] == '\0')
			order[kept++] = order[i];
		else if (strcmp(id, last) != 0 && others++ < NAMED_MOST)
			text_printf(&names, "%s%.40s", others > 1 ? ", " : "", id);
		last = id;
	}
	if (!found)
		return -ENODATA;
	if (others > 0 &&
		reading_warn(reading, "this is run %s; there %s %zu more (--run-id): %s%s", run_id,
			others == 1 ? "is" : "are", others, buffer,
			others > NAMED_MOST ? ", …" : "") < 0)
		return -ENOMEM;
	return (ssize_t)kept;
}

/* Picks the events of run RUN_ID, or of the newest where it is NULL. Returns 0, the run's id (which
 * the reading owns) and a malloc'ed array that the CALLER OWNS; -ENODATA when the run has no event;
 * -ENOMEM. */
static int select_run(struct reading *reading, const char *run_id, const char **ret_run_id,
	const struct event_record ***ret_order, size_t *ret_count)
{
	size_t count = reading->count;
	const struct event_record **order;
	ssize_t kept;

	if (count == 0)
		return -ENODATA;
	order = reallocarray(NULL, count, sizeof *order);
	if (order == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		order[i] = &reading->events[i];
	qsort(order, count, sizeof *order, compare_runs);
	if (run_id == NULL)
		run_id = newest_run(order, count);
	kept = keep_run(reading, order, count, run_id);
	if (kept < 0) {
		free(order);
		return (int)kept;
	}
	*ret_run_id = run_id;
	*ret_count = (size_t)kept;
	*ret_order = order;
	return 0;
}

/* Orders by process, and then by time, so that duplicates are neighbours. */
static int compare_records(const void *a, const void *b)
{
	const struct event_record *one = *(const struct event_record *const *)a,
				  *other = *(const struct event_record *const *)b;

	return strcmp(one->hostname, other->hostname)
		       ?: COMPARE(one->pid, other->pid)
		       ?: COMPARE(one->start_ticks, other->start_ticks)
		       ?: strcmp(one->boot_id, other->boot_id)
		       ?: event_order(one, other)
		       ?: COMPARE(one->seq, other->seq)
		       ?: COMPARE(one->source, other->source)
		       ?: COMPARE(one->state, other->state)
		       ?: strcmp(one->what, other->what);
}

static size_t drop_duplicates(const struct event_record **order, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kept == 0 || compare_records(&order[kept - 1], &order[i]) != 0 ||
			order[kept - 1]->time_us != order[i]->time_us)
			order[kept++] = order[i];
	return kept;
}

/* A process that has inherited the rank of another one claims a rank in a larger world: its pod, or
 * node, had a number, and it is one of the ranks that were started there. */
static bool entered_world(const struct process *process, const struct event_record *record)
{
	return process->rank != RANK_UNKNOWN && process->launcher == record->launcher &&
	       process->world_size != RANK_UNKNOWN && process->world_size < record->world_size;
}

/* A process may learn its rank while it runs: its last event counts. A waiter's event counts only
 * where the process reported no rank. */
static void add_rank(struct process *process, const struct event_record *record)
{
	if (record->rank == RANK_UNKNOWN && !nodes_may_number(record))
		return;
	if (record->source == SOURCE_AGENT && process->rank != RANK_UNKNOWN)
		return;
	process->is_rank = record->leader && (process->rank == RANK_UNKNOWN || process->is_rank ||
						     entered_world(process, record));
	process->rank = record->rank;
	process->local_id = record->local_id;
	process->world_size = record->world_size;
	process->group_rank = record->group_rank;
	process->rank_source = record->rank_source;
	process->attempt = record->attempt;
	process->launcher = record->launcher;
}

static bool is_later(const struct event_record *record, const struct event_record *than)
{
	return than == NULL || event_order(record, than) >= 0;
}

/* A termination after which the process reported INIT again was none: exec replaced the program, or
 * the process survived the signal. */
static void add_own(struct process *process, const struct event_record *record)
{
	if (record->state == NODE_INIT && process->init == NULL)
		process->init = record;
	if (record->state == NODE_INIT && is_later(record, process->own_termination))
		process->own_termination = NULL;
	if (record->state == NODE_INIT && is_later(record, process->raised))
		process->raised = NULL;
	if (record->raised != NULL && record->raised->event.exception.language != NULL)
		process->raised = record;
	if (record->state == NODE_RUNNING && process->running == NULL)
		process->running = record;
	if (record->end != NULL && is_later(record, process->own_termination))
		process->own_termination = record;
}

static bool same_status(const struct event *one, const struct event *other)
{
	return one->signal.number == other->signal.number && one->how == other->how &&
	       one->exit_code == other->exit_code;
}

/* RECORD describes the termination better than THAN. Several waiters may report it: the parent, and
 * `vigil run`. The first to report it knew it best; but only a waiter that looked knows that memory
 * was short, and a waiter without a status (CAUSE_VANISHED) saw nothing. */
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
	return same_status(one, other) ? event_order(record, than) < 0 : is_later(record, than);
}

/* RECORD, which comes after those of PROCESS so far, is the first of a program that exec began. */
static bool follows_exec(const struct process *process, const struct event_record *record)
{
	if (record->source != SOURCE_WORKER || !process_is_named(process))
		return false;
	return (record->state == NODE_INIT && process->init != NULL) ||
	       (record->program[0] != '\0' && strcmp(record->program, process->program) != 0);
}

/* `vigil run` saw where PROCESS was, which went on. */
static void add_stand(struct process *process, const struct event_record *record)
{
	if (is_later(record, process->seen))
		process->seen = record;
	if (strcmp(record->what, EVENT_WHAT_STALLED) == 0 && is_later(record, process->stalled))
		process->stalled = record;
	if (strcmp(record->what, EVENT_WHAT_MOVED) == 0 && is_later(record, process->moved))
		process->moved = record;
}

static void add_record(struct process *process, const struct event_record *record)
{
	if (process->first == NULL || event_order(record, process->first) < 0)
		process->first = record;
	if (follows_exec(process, record)) {
		process->exec_unseen = record->end != NULL;
		if (!process->exec_unseen)
			process->exec = record;
	}
	if (record->source == SOURCE_WORKER)
		add_own(process, record);
	else if (record->end != NULL && is_better_seen(record, process->agent_termination))
		process->agent_termination = record;
	else if (record->stand != NULL)
		add_stand(process, record);
	if (record->program[0] != '\0' &&
		(record->source == SOURCE_WORKER || !process_is_named(process)))
		process->program = record->program;
	if (record->command[0] != '\0')
		process->command = record->command;
	if (record->run_id[0] != '\0')
		process->run_id = record->run_id;
	if (process->ppid == 0)
		process->ppid = record->ppid;
	if (record->boot_id[0] != '\0')
		process->boot_id = record->boot_id;
	add_rank(process, record);
}

static struct process *begin(struct job *job, const struct event_record *record)
{
	struct process *process = &job->processes[job->count++];

	*process = (struct process){
		.hostname = record->hostname,
		.boot_id = record->boot_id,
		.program = "",
		.command = "",
		.run_id = "",
		.pid = record->pid,
		.start_ticks = record->start_ticks,
		.rank = RANK_UNKNOWN,
		.local_id = RANK_UNKNOWN,
		.world_size = RANK_UNKNOWN,
		.group_rank = RANK_UNKNOWN,
		.rank_source = "",
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

/* Makes the processes of a pid where no event says when its process started: a termination closes
 * one process, and the next event begins another. */
static void group_without_start(
	struct job *job, const struct event_record *const *order, size_t count)
{
	struct process *process = NULL;

	for (size_t i = 0; i < count; i++) {
		if (process == NULL)
			process = begin(job, order[i]);
		add_record(process, order[i]);
		if (order[i]->source == SOURCE_AGENT && order[i]->end != NULL)
			process = NULL;
	}
}

/* Makes the processes of one pid of one host, all of whose events are in ORDER. Those without
 * start_ticks come first; they belong to the latest process of that pid that began before them. */
static void group_pid(struct job *job, const struct event_record *const *order, size_t count)
{
	size_t without_start = 0, first = job->count, behind;
	struct process *process = NULL, *same_pid;

	while (without_start < count && order[without_start]->start_ticks == 0)
		without_start++;
	if (without_start == count) {
		group_without_start(job, order, count);
		return;
	}
	for (size_t i = without_start; i < count; i++) {
		if (process == NULL || !is_same_process(process, order[i]))
			process = begin(job, order[i]);
		add_record(process, order[i]);
	}
	same_pid = &job->processes[first];
	for (size_t i = 0; i < without_start; i++) {
		behind = LOWER_BOUND(
			k, job->count - first, event_order(same_pid[k].first, order[i]) <= 0);
		add_record(&same_pid[behind == 0 ? 0 : behind - 1], order[i]);
	}
}

static void group(struct job *job, const struct event_record *const *order, size_t count)
{
	size_t from = 0;

	for (size_t i = 1; i <= count; i++) {
		if (i < count && order[i]->pid == order[from]->pid &&
			strcmp(order[i]->hostname, order[from]->hostname) == 0)
			continue;
		group_pid(job, order + from, i - from);
		from = i;
	}
}

/* WAITED, seen by the waiter, does not fit OWN: the process survived what it reported. */
static bool contradicts(const struct event *own, const struct event *waited)
{
	if (own->how == HOW_MPI_ABORT)
		return false;
	if (own->how == HOW_NONE)
		return waited->state == NODE_SUCCEEDED;
	if (waited->signal.number != 0)
		return own->signal.number != waited->signal.number;
	return waited->how != HOW_NONE && own->state != waited->state;
}

/*
 * A process that raised an exception and was killed while it cleaned up, or still hangs there, has
 * reported no termination, but why it was about to terminate: make that its own termination, dated
 * at the exception, with the status that its waiter saw, if any did. Returns -ENOMEM, or 0.
 */
static int complete_raised(struct reading *reading, struct process *process)
{
	const struct event_record *raised = process->raised, *agent = process->agent_termination;
	struct termination *end;
	struct event_record *record;

	if (raised == NULL || process->own_termination != NULL ||
		(agent != NULL && (agent->state != NODE_FAILED || !is_later(agent, raised))))
		return 0;
	end = arena_alloc(&reading->arena, sizeof *end);
	record = arena_alloc(&reading->arena, sizeof *record);
	if (end == NULL || record == NULL)
		return -ENOMEM;
	*end = *raised->raised;
	end->event.state = NODE_FAILED;
	end->event.cause = CAUSE_EXCEPTION;
	if (agent != NULL) {
		end->event.signal = agent->end->event.signal;
		end->event.how = agent->end->event.how;
		end->event.exit_code = agent->end->event.exit_code;
	}
	*record = *raised;
	record->state = NODE_FAILED;
	record->end = end;
	record->raised = NULL;
	process->own_termination = record;
	return 0;
}

static void settle_termination(struct process *process)
{
	const struct event_record *own = process->own_termination,
				  *agent = process->agent_termination;

	process->contradicted =
		own != NULL && agent != NULL && contradicts(&own->end->event, &agent->end->event);
	process->termination = own == NULL || process->contradicted ? agent : own;
}

/* ORDER is every event of the run, and is sorted here. */
static int make(
	struct reading *reading, struct job *job, const struct event_record **order, size_t count)
{
	ssize_t left;
	int error;

	qsort(order, count, sizeof *order, compare_records);
	left = (ssize_t)drop_duplicates(order, count);
	job->duplicates = count - (size_t)left;
	error = losses_count(job, order, (size_t)left);
	if (error == 0)
		left = monitors_take(job, order, losses_take(order, (size_t)left));
	if (error == 0 && left > 0)
		left = kills_take(job, order, (size_t)left);
	if (error == 0 && left > 0)
		left = system_messages_take(reading, job, order, (size_t)left);
	if (error < 0 || left < 0)
		return -ENOMEM;
	if (left == 0)
		return -ENODATA;
	job->processes = reallocarray(NULL, (size_t)left, sizeof *job->processes);
	if (job->processes == NULL)
		return -ENOMEM;
	group(job, order, (size_t)left);
	FOR_EACH_PROCESS (process, job) {
		if (complete_raised(reading, process) < 0)
			return -ENOMEM;
		settle_termination(process);
	}
	if (system_messages_set(reading, job) < 0 || clocks_set(job) < 0)
		return -ENOMEM;
	qsort(job->processes, job->count, sizeof *job->processes, process_order);
	family_set(job);
	kills_set(job);
	return 0;
}

int job_make(struct reading *reading, const char *run_id, struct job *ret_job)
{
	struct job job = {0};
	const struct event_record **order = NULL;
	size_t count = 0;
	int error = select_run(reading, run_id, &job.run_id, &order, &count);

	if (error == 0)
		error = make(reading, &job, order, count);
	free(order);
	if (error < 0)
		job_release(&job);
	else
		*ret_job = job;
	return error;
}

void job_release(struct job *job)
{
	free(job->processes);
	free(job->kills);
	free(job->messages);
	free(job->monitors);
	*job = (struct job){0};
}
