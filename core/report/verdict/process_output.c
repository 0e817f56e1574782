/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/process_output.h"

#include <string.h>

/* The number of a task is 16 bits wide on the way to srun. */
#define TASKS_MOST 65536

struct event_output process_output(const struct process *process, int index)
{
	struct event_output output = {.kind = STREAM_UNKNOWN};

	if (process->own_termination != NULL && process->own_termination->end != NULL)
		output = process->own_termination->end->event.outputs[index];
	if (output.kind == STREAM_UNKNOWN && process->running != NULL &&
		process->running->output != NULL)
		output = process->running->output->own[index];
	return output;
}

bool output_is_same(const struct event_output *one, const struct event_output *other)
{
	return one->kind != STREAM_UNKNOWN && one->kind == other->kind &&
	       one->inode == other->inode;
}

/* What a launcher of the same host has read last from OUTPUT. */
static const char *read_by_inode(const struct report *report, const struct process *process,
	const struct event_output *output)
{
	const struct event_record *found = NULL;

	for (size_t i = 0; i < report->reading.count; i++) {
		const struct event_record *record = &report->reading.events[i];
		const struct event_forwarded *read;

		if (record->output == NULL || record->time_us < process->first->time_us)
			continue;
		read = &record->output->forwarded;
		if (read->kind == output->kind && read->inode == output->inode &&
			read->text != NULL && strcmp(record->hostname, process->hostname) == 0 &&
			(found == NULL || event_order(record, found) > 0))
			found = record;
	}
	return found == NULL ? NULL : found->output->forwarded.text;
}

/* slurmstepd has started PROCESS, and its rank is the number of the task. */
static bool is_task(const struct process *process)
{
	const struct event_record *init = process->init;

	return process->rank >= 0 && process->rank < TASKS_MOST &&
	       process->world_size <= TASKS_MOST &&
	       (process->launcher == LAUNCHER_SLURM ||
		       (init != NULL && init->ancestor_count > 0 &&
			       strcmp(init->ancestors[0].comm, "slurmstepd") == 0));
}

/* The task whose output INDEX is OUTPUT: PROCESS, or one of its host that gave it to PROCESS, as an
 * agent of torchrun does. NULL: none is known. */
static const struct process *task_with(const struct job *job, const struct process *process,
	int index, const struct event_output *output)
{
	if (is_task(process))
		return process;
	for (size_t i = 0; i < job->count; i++) {
		const struct process *other = &job->processes[i];
		struct event_output theirs = process_output(other, index);

		if (is_task(other) && output_is_same(output, &theirs) &&
			strcmp(other->hostname, process->hostname) == 0)
			return other;
	}
	return NULL;
}

/* SRUN may have started TASK: it was there then. Its tasks are numbered as the ranks are. */
static bool may_have_started(const struct process *srun, const struct process *task)
{
	return srun != NULL && srun->began_us != BEGAN_UNKNOWN &&
	       srun->began_us <= task->first_us && task->first_us <= srun->last_us &&
	       strstr(srun->command, " : ") == NULL && strstr(srun->command, "--het-group") == NULL;
}

/* What srun has read last from the output INDEX of TASK. */
static const char *read_by_srun(const struct report *report, const struct process *task, int index)
{
	enum event_stream kind = index == 0 ? STREAM_TASK_OUT : STREAM_TASK_ERR;
	const struct process *by = NULL;
	const char *found = NULL;

	for (size_t i = 0; i < report->reading.count; i++) {
		const struct event_record *record = &report->reading.events[i];
		const struct process *srun;

		if (record->output == NULL || record->output->forwarded.kind != kind ||
			record->output->forwarded.inode != (uint64_t)task->rank)
			continue;
		srun = job_find(&report->job, record->hostname, record->pid, record->time_us);
		if (!may_have_started(srun, task))
			continue;
		if (by != NULL && by != srun)
			return NULL;
		by = srun;
		found = record->output->forwarded.text;
	}
	return found;
}

const char *process_output_read(
	const struct report *report, const struct process *process, int index)
{
	struct event_output output = process_output(process, index);
	const struct process *task;
	const char *read;

	if (output.kind != STREAM_PIPE && output.kind != STREAM_TERMINAL)
		return NULL;
	read = read_by_inode(report, process, &output);
	if (read != NULL)
		return read;
	task = task_with(&report->job, process, index, &output);
	return task == NULL ? NULL : read_by_srun(report, task, index);
}
