/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/system_messages.h"

#include "core/events/kernel_line.h"
#include "core/report/job/thresholds.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

ssize_t system_messages_take(struct job *job, const struct event_record **order, size_t count)
{
	size_t messages = 0, kept = 0;

	for (size_t i = 0; i < count; i++)
		messages += order[i]->system_message[0] != '\0';
	if (messages == 0)
		return (ssize_t)count;
	job->messages = reallocarray(NULL, messages, sizeof *job->messages);
	if (job->messages == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (order[i]->system_message[0] != '\0')
			job->messages[job->message_count++] = order[i];
		else
			order[kept++] = order[i];
	return (ssize_t)kept;
}

/* How long after MESSAGE, of the same host, RECORD was. */
static int64_t later_us(const struct event_record *record, const struct event_record *message)
{
	return record->mono_us > 0 && message->mono_us > 0 ? record->mono_us - message->mono_us
							   : record->time_us - message->time_us;
}

int64_t system_message_age_us(const struct event_record *message, const struct process *process)
{
	return later_us(process->termination, message);
}

bool system_message_names(const struct event_record *message, const struct process *process)
{
	return message->pid == process->pid && process->termination != NULL &&
	       strcmp(message->hostname, process->hostname) == 0 &&
	       strcmp(message->what, EVENT_WHAT_KERNEL) == 0 &&
	       kernel_line_parse(message->system_message).pid == message->pid &&
	       later_us(process->first, message) <= START_TICK_US &&
	       system_message_age_us(message, process) >= -LATENESS_WAITER_US;
}

/* Whether MESSAGE says that the kernel killed PROCESS for lack of memory, whose waiter saw SIGKILL,
 * or nothing. */
static bool says_oom(const struct event_record *message, const struct process *process)
{
	const struct kernel_line line = kernel_line_parse(message->system_message);
	const struct event *event;

	if (!kernel_line_is_oom(&line) || !system_message_names(message, process) ||
		process->termination->source != SOURCE_AGENT)
		return false;
	event = termination_event(process);
	return event->signal.number == SIGKILL || event->cause == CAUSE_VANISHED;
}

/* The termination of PROCESS, kept by READING, is by CAUSE_OOM afterwards, and not later than its
 * oom_message: its waiter may have looked late. */
static int set_cause(struct reading *reading, struct process *process)
{
	const struct event_record *message = process->oom_message;
	struct termination *end = arena_alloc(&reading->arena, sizeof *end);
	struct event_record *record = arena_alloc(&reading->arena, sizeof *record);

	if (end == NULL || record == NULL)
		return -ENOMEM;
	*end = *process->termination->end;
	end->event.cause = CAUSE_OOM;
	*record = *process->termination;
	record->end = end;
	if (later_us(record, message) > 0) {
		record->mono_us = message->mono_us;
		record->time_us = message->time_us;
	}
	process->termination = process->agent_termination = record;
	return 0;
}

int system_messages_set(struct reading *reading, struct job *job)
{
	for (size_t i = 0; i < job->message_count; i++)
		FOR_EACH_PROCESS (process, job) {
			if (process->oom_message != NULL || !says_oom(job->messages[i], process))
				continue;
			process->oom_message = job->messages[i];
			if (set_cause(reading, process) < 0)
				return -ENOMEM;
		}
	return 0;
}
