/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/event_threads.h"

#include "core/base/json_out.h"
#include "core/base/order.h"

/* Stacks are cut to this many frames before any thread is left out. */
#define FRAMES_LEAST 8

size_t event_thread_like(const struct event *event, size_t index)
{
	const struct event_thread *thread = &event->threads[index];

	for (size_t i = 0; thread->frame_count > 0 && i < index; i++)
		if (event->threads[i].frames == thread->frames)
			return i;
	return index;
}

static bool is_cut(const struct event_thread *thread, const struct thread_limits *limits)
{
	return thread->truncated || thread->frame_count > limits->frames;
}

static void add_section(const struct event *event, size_t index, const struct thread_limits *limits,
	struct text *text)
{
	const struct event_thread *thread = &event->threads[index];
	size_t like = event_thread_like(event, index);

	text_printf(text, "Thread %d", thread->tid);
	if (thread->name != NULL && thread->name[0] != '\0')
		text_printf(text, " (%s)", thread->name);
	if (like < index) {
		text_printf(text, ": as thread %d\n", event->threads[like].tid);
		return;
	}
	if (thread->frame_count == 0) {
		text_printf(text, ": %s\n", thread->error);
		return;
	}
	text_add(text, ":\n");
	for (size_t i = 0; i < least(thread->frame_count, limits->frames); i++)
		event_frame_line(i, &thread->frames[i], text);
	if (is_cut(thread, limits))
		text_add(text, EVENT_MORE_FRAMES);
}

void event_threads_text(
	const struct event *event, const struct thread_limits *limits, struct text *text)
{
	for (size_t i = 0; i < least(event->thread_count, limits->threads); i++)
		add_section(event, i, limits, text);
}

static void write_frames(struct json_out *json, const struct event_thread *thread,
	const struct thread_limits *limits)
{
	json_begin_array(json, "frames");
	for (size_t i = 0; i < least(thread->frame_count, limits->frames); i++)
		event_frame_json(&thread->frames[i], json);
	json_end_array(json);
	if (is_cut(thread, limits))
		json_bool(json, "truncated", true);
}

static void write_thread(struct json_out *json, const struct event *event, size_t index,
	const struct thread_limits *limits)
{
	const struct event_thread *thread = &event->threads[index];
	size_t like = event_thread_like(event, index);

	json_begin_object(json, NULL);
	json_int(json, "tid", thread->tid);
	if (thread->name != NULL)
		json_string(json, "name", thread->name);
	if (like < index)
		json_int(json, "same_as", event->threads[like].tid);
	else
		write_frames(json, thread, limits);
	if (thread->error != NULL)
		json_string(json, "error", thread->error);
	json_end_object(json);
}

void event_threads_json(
	const struct event *event, const struct thread_limits *limits, struct json_out *json)
{
	size_t count = least(event->thread_count, limits->threads);

	if (count == 0)
		return;
	json_begin_array(json, "threads");
	for (size_t i = 0; i < count && !json->text->truncated; i++)
		write_thread(json, event, i, limits);
	json_end_array(json);
}

size_t event_threads_left_out(const struct event *event, const struct thread_limits *limits)
{
	return event->threads_left_out + event->thread_count -
	       least(event->thread_count, limits->threads);
}

bool event_threads_cut(const struct event *event, struct thread_limits *limits)
{
	size_t deepest = 0;

	limits->threads = least(limits->threads, event->thread_count);
	if (limits->threads == 0)
		return false;
	for (size_t i = 0; i < limits->threads; i++)
		if (event->threads[i].frame_count > deepest)
			deepest = event->threads[i].frame_count;
	limits->frames = least(limits->frames, deepest);
	if (limits->frames > FRAMES_LEAST)
		limits->frames =
			limits->frames / 2 > FRAMES_LEAST ? limits->frames / 2 : FRAMES_LEAST;
	else
		limits->threads =
			limits->threads > 8 ? limits->threads / 4 * 3 : limits->threads / 2;
	return true;
}
