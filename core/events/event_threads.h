/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_threads.h - the other threads of an event, as text and as JSON.
 *
 * Of threads that share their frames, only the first one is written with them; the others refer to
 * it. Signal-safe: yes. Threads: one at a time per event.
 */
#pragma once

#include "core/events/event.h"

/* The most threads that are written, and the most frames of each. */
struct thread_limits {
	size_t threads;
	size_t frames; /* of each */
};

#define THREAD_LIMITS_NONE ((struct thread_limits){SIZE_MAX, SIZE_MAX})

/* The index of the first of EVENT's threads that shares its frames with the thread at INDEX; INDEX
 * where no earlier one does, or the thread has no frames. */
size_t event_thread_like(const struct event *event, size_t index);

/* Append a section a thread: "Thread 4712 (worker):" and its frames, a line each. */
void event_threads_text(
	const struct event *event, const struct thread_limits *limits, struct text *text);

/* Write the member `threads`, unless the array would be empty. */
void event_threads_json(
	const struct event *event, const struct thread_limits *limits, struct json_out *json);

/* How many threads are not written: the member `threads_left_out`. */
size_t event_threads_left_out(const struct event *event, const struct thread_limits *limits);

/* Make the next cut: lower first the most frames, then the most threads. Returns false when no
 * thread is left. */
bool event_threads_cut(const struct event *event, struct thread_limits *limits);
