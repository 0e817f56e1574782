/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/deadlock.h"

#include "core/report/verdict/positions.h"

#include <string.h>

#define TEXT_SIZE 1000
#define PROCESSES_SHOWN 6
#define THREADS_SHOWN 4 /* of a process, beside its main one */

void stall_duration_add(struct text *text, int64_t us)
{
	int64_t seconds = us / 1000000;

	if (seconds >= 120)
		text_printf(text, "%ld min", (long)(seconds / 60));
	else
		text_printf(text, "%ld s", (long)seconds);
}

/* The main thread of PROCESS waits for a child to end. */
static bool waits_for_child(const struct process *process)
{
	const struct event *event = &process->stalled->stand->event;

	for (size_t i = 0; i < event->frame_count; i++)
		if (event->frames[i].kind != FRAME_PYTHON)
			return event->frames[i].function != NULL &&
			       strstr(event->frames[i].function, "wait") != NULL;
	return false;
}

static void add_where(struct text *text, const char *where)
{
	text_add(text, where[0] == '\0' ? " waits" : " is in ");
	text_add(text, where);
}

/* Appends where the other threads of PROCESS are. */
static int add_threads(struct report *report, struct text *text, const struct process *process)
{
	const struct termination *stand = process->stalled->stand;
	size_t count = stand->event.thread_count;
	int error = 0;

	for (size_t i = 0; i < count && i < THREADS_SHOWN && error == 0; i++) {
		const struct event_thread *thread = &stand->event.threads[i];
		struct termination one = {.event = {.stand = stand->event.stand,
						  .frames = thread->frames,
						  .frame_count = thread->frame_count,
						  .truncated = thread->truncated},
			.notes = stand->thread_notes == NULL ? NULL : stand->thread_notes[i]};
		const char *where = "";

		error = position_where(report, process, &one, &where);
		text_printf(text, ", its thread %d", (int)thread->tid);
		add_where(text, where);
	}
	if (count > THREADS_SHOWN)
		text_printf(text, ", and %zu more threads wait", count - THREADS_SHOWN);
	return error;
}

static int add_process(struct report *report, struct text *text, const struct process *process)
{
	const char *where = "";
	int error = position_where(report, process, process->stalled->stand, &where);

	subject_add(text, RANK_UNKNOWN, process);
	add_where(text, where);
	return error ?: add_threads(report, text, process);
}

/* Those that wait for a child come last: what the child waits for is the matter. */
static int add_processes(struct report *report, struct text *text, size_t count)
{
	size_t shown = 0;
	int error = 0;

	for (int waits = 0; waits <= 1; waits++)
		FOR_EACH_PROCESS (process, &report->job) {
			if (process->stalled == NULL || waits_for_child(process) != waits ||
				shown == PROCESSES_SHOWN || error < 0)
				continue;
			text_add(text, shown++ == 0 ? "" : "; ");
			error = add_process(report, text, process);
		}
	if (count > shown)
		text_printf(text, "; and %zu more processes", count - shown);
	return error;
}

int deadlock_set(struct report *report, struct stall *stall)
{
	int64_t moved_us = INT64_MIN;
	char buffer[TEXT_SIZE];
	struct text text;
	int error;

	FOR_EACH_PROCESS (process, &report->job) {
		if (process->moved != NULL && process->moved_us > moved_us)
			moved_us = process->moved_us;
		if (process->stalled == NULL)
			continue;
		if (stall->count++ == 0 || process->stalled_us > stall->at_us)
			stall->at_us = process->stalled_us;
		stall->for_us = process->stalled->stand->event.stand.for_us;
	}
	if (stall->count == 0)
		return 0;
	stall->is_over = moved_us > stall->at_us;
	text_init(&text, buffer, sizeof buffer);
	text_add(&text, "no process moved for ");
	stall_duration_add(&text, stall->for_us);
	text_add(&text, ", and all wait for each other: ");
	error = add_processes(report, &text, stall->count);
	stall->text = report_say(report, "%s", buffer);
	return error;
}
