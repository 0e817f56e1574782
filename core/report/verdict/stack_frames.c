/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/stack_frames.h"

#include "core/events/frame_origin.h"

#include <stdlib.h>
#include <string.h>

/* The parts of a line that names a frame: `  File "/a/data.py", line 33, in load`. */
#define HEAD "Traceback (most recent call last)"
#define STEP "  File \""
#define STEP_LINE "\", line "
#define STEP_IN ", in "

/* Whether LINE names a frame; sets FRAME where it is not NULL. */
static bool read_step(struct report *report, const char *line, struct frame *frame)
{
	const char *file = line + strlen(STEP), *number, *function;

	if (strncmp(line, STEP, strlen(STEP)) != 0 || (number = strstr(file, STEP_LINE)) == NULL ||
		(function = strstr(number, STEP_IN)) == NULL)
		return false;
	if (frame == NULL)
		return true;
	function += strlen(STEP_IN);
	*frame = (struct frame){.kind = FRAME_PYTHON,
		.function = report_say(report, "%.*s", (int)strcspn(function, "\n"), function),
		.file = report_say(report, "%.*s", (int)(number - file), file),
		.line = (int)strtol(number + strlen(STEP_LINE), NULL, 10)};
	return true;
}

/* The number of frames that the last traceback of LINES names; in *RET_BEGIN, where it begins. */
static size_t count_steps(struct report *report, const struct text_lines *lines, size_t *ret_begin)
{
	size_t count = 0, at = lines->count;

	while (at > 0 && strncmp(lines->lines[at - 1], HEAD, strlen(HEAD)) != 0)
		count += read_step(report, lines->lines[--at], NULL);
	*ret_begin = at;
	return count;
}

/* The frames of END's traceback; of an exception that another one led to, those of the last. None
 * where no exception ended the process, or its traceback names none, or there is no memory. */
static struct stack_frames traceback_frames(struct report *report, const struct termination *end)
{
	const struct text_lines *lines = &end->error_trace;
	struct stack_frames none = {.count = 0};
	size_t begin, count, at;
	struct frame *frames;

	if (end->event.cause != CAUSE_EXCEPTION)
		return none;
	count = count_steps(report, lines, &begin);
	frames = count == 0 ? NULL : report_alloc(report, count * sizeof *frames);
	if (frames == NULL)
		return none;
	at = count;
	for (size_t i = begin; i < lines->count && at > 0; i++)
		at -= read_step(report, lines->lines[i], &frames[at - 1]);
	return (struct stack_frames){.list = frames, .count = count, .whole = true};
}

/* A thread of a library's: the stack of the main thread has _start and main(), that of a thread of
 * the program's a function of the program. */
static bool is_helper(const struct stack_frames *frames)
{
	for (size_t i = 0; i < frames->count; i++)
		if (frames->list[i].kind == FRAME_PYTHON ||
			frame_origin(&frames->list[i]) == ORIGIN_PROGRAM)
			return false;
	return frames->whole;
}

/* Sets FRAMES to those of the main thread where another one reported. */
static bool take_main(
	const struct process *process, const struct termination *end, struct stack_frames *frames)
{
	for (size_t i = 0; i < end->event.thread_count; i++) {
		const struct event_thread *thread = &end->event.threads[i];

		if (thread->tid != process->pid || thread->frame_count == 0)
			continue;
		*frames = (struct stack_frames){thread->frames,
			end->thread_notes == NULL ? NULL : end->thread_notes[i],
			thread->frame_count, !thread->truncated};
		return true;
	}
	return false;
}

/* The frames that stand for PROCESS. A signal that was sent arrives in any thread, and a library's
 * thread may end the process for what it heard: only a fault is where it happened. */
static struct stack_frames thread_frames(
	const struct process *process, const struct termination *end)
{
	const struct event *event = &end->event;
	struct stack_frames frames = {event->frames, end->notes, event->frame_count,
		!event->truncated && event->stop == NULL};
	bool fails = event->cause == CAUSE_FAULT || event->cause == CAUSE_ABORT;
	bool helper = is_helper(&frames);

	if (event->cause == CAUSE_FAULT || (!helper && event->cause != CAUSE_TERMINATED))
		return frames;
	if (!take_main(process, end, &frames) && helper && !fails)
		frames.count = 0;
	return frames;
}

struct stack_frames stack_frames_of(
	struct report *report, const struct process *process, const struct termination *end)
{
	struct stack_frames frames = traceback_frames(report, end);

	if (end->event.stand.doing != DOING_UNKNOWN)
		return (struct stack_frames){end->event.frames, end->notes, end->event.frame_count,
			!end->event.truncated && end->event.stop == NULL};
	return frames.count > 0 ? frames : thread_frames(process, end);
}
