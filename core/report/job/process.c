/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/process.h"

#include "core/base/order.h"

int event_order(const struct event_record *one, const struct event_record *other)
{
	if (one->mono_us > 0 && other->mono_us > 0)
		return COMPARE(one->mono_us, other->mono_us);
	return COMPARE(one->time_us, other->time_us);
}

int process_order(const void *a, const void *b)
{
	const struct process *one = a, *other = b;

	return strcmp(one->hostname, other->hostname)
		       ?: COMPARE(one->pid, other->pid)
		       ?: COMPARE(one->began_us, other->began_us);
}

struct process *job_find(const struct job *job, const char *hostname, pid_t pid, int64_t at_us)
{
	struct process key = {.hostname = hostname, .pid = pid, .began_us = at_us};
	size_t behind = LOWER_BOUND(i, job->count, process_order(&job->processes[i], &key) <= 0);
	struct process *found = behind == 0 ? NULL : &job->processes[behind - 1];

	return found != NULL && found->pid == pid && strcmp(found->hostname, hostname) == 0 ? found
											    : NULL;
}

bool process_is_named(const struct process *process)
{
	return process->program[0] != '\0' && strcmp(process->program, "unknown") != 0;
}

void process_add_name(const struct process *process, struct text *text)
{
	const struct process *parent = process->parent;

	if (process_is_named(process) || parent == NULL || !process_is_named(parent))
		text_add(text, process->program);
	else
		text_printf(text, "%s's child", parent->program);
}

const struct process *process_that_was_seen(const struct process *process)
{
	for (int depth = 0; process != NULL && depth < PROCESS_DEPTH_MOST; depth++) {
		const struct process *child = process->child;

		if (process->seen != NULL)
			return process;
		while (child != NULL && child->rank != process->rank)
			child = child->sibling;
		process = child;
	}
	return NULL;
}

bool process_descends(const struct process *process, const struct process *ancestor)
{
	const struct process *at = process->parent;

	for (int depth = 0; at != NULL && depth < PROCESS_DEPTH_MOST; depth++, at = at->parent)
		if (at == ancestor)
			return true;
	return false;
}
