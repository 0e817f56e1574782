/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/system_messages.h"

#include "core/base/text.h"
#include "core/events/kernel_line.h"
#include "core/report/job/thresholds.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The line of slurmstepd that names a limit, in what srun has read of a task's standard error, and
 * its LENGTH: "slurmstepd-n1: error: *** STEP 1.0 ON n1 CANCELLED AT … DUE TO TIME LIMIT ***", or
 * "… Detected 1 oom_kill event in StepId=1.0. …" (22.05 to 26.05). NULL: there is none. */
static const char *limit_line(const struct event_record *record, size_t *ret_length)
{
	static const char *const limits[] = {
		"DUE TO TIME LIMIT", "DUE TO PREEMPTION", "oom_kill event", "oom-kill event"};
	const char *line =
		record->output == NULL || record->output->forwarded.kind != STREAM_TASK_ERR
			? NULL
			: record->output->forwarded.text;

	for (; line != NULL && *line != '\0'; line += *line == '\n') {
		size_t length = strcspn(line, "\n");

		for (size_t i = 0; text_after(line, "slurmstepd") != NULL && i < 4; i++)
			if (memmem(line, length, limits[i], strlen(limits[i])) != NULL) {
				*ret_length = length;
				return line;
			}
		line += length;
	}
	return NULL;
}

/* The message of slurmstepd in RECORD; NULL: there is none, or no memory. */
static const struct event_record *message_of_step(
	struct reading *reading, const struct event_record *record)
{
	size_t length = 0;
	const char *line = limit_line(record, &length);
	struct event_record *message =
		line == NULL ? NULL : arena_alloc(&reading->arena, sizeof *message);
	char *text = message == NULL ? NULL : arena_strndup(&reading->arena, line, length);

	if (text == NULL)
		return NULL;
	*message = *record;
	message->what = EVENT_WHAT_SLURM;
	message->system_message = text;
	message->output = NULL;
	return message;
}

static bool has_message(const struct event_record *record)
{
	size_t length;

	return record->system_message[0] != '\0' || limit_line(record, &length) != NULL;
}

ssize_t system_messages_take(
	struct reading *reading, struct job *job, const struct event_record **order, size_t count)
{
	size_t messages = 0, kept = 0;

	for (size_t i = 0; i < count; i++)
		messages += has_message(order[i]);
	if (messages == 0)
		return (ssize_t)count;
	job->messages = reallocarray(NULL, messages, sizeof *job->messages);
	if (job->messages == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct event_record *message = order[i]->system_message[0] != '\0'
							     ? order[i]
							     : message_of_step(reading, order[i]);

		if (message != NULL)
			job->messages[job->message_count++] = message;
		if (message != order[i])
			order[kept++] = order[i];
	}
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
	struct kernel_line line;
	const struct event *event;

	if (!system_message_names(message, process) || process->termination->source != SOURCE_AGENT)
		return false;
	line = kernel_line_parse(message->system_message);
	if (!kernel_line_is_oom(&line))
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
