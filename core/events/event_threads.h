/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_threads.h - the other threads of an event, as text and as JSON.
 *
 * Threads that stand in the same frames (event.h) have them once: the others refer to the first.
 * Signal-safe: yes. Threads: an event belongs to one.
 */
#pragma once

#include "core/events/event.h"

/* How much of them is written. */
struct thread_limits {
	size_t threads;
	size_t frames; /* of each */
};

#define THREAD_LIMITS_NONE ((struct thread_limits){SIZE_MAX, SIZE_MAX})

/* The first of EVENT's threads whose frames are those of the one at INDEX; INDEX where these are
 * its own, or there are none. */
size_t event_thread_like(const struct event *event, size_t index);

/* Append a section a thread: "Thread 4712 (worker):" and its frames, a line each. */
void event_threads_text(
	const struct event *event, const struct thread_limits *limits, struct text *text);

/* Write the member `threads`, unless the array would be empty. */
void event_threads_json(
	const struct event *event, const struct thread_limits *limits, struct json_out *json);

/* How many threads are not written: the member `threads_left_out`. */
size_t event_threads_left_out(const struct event *event, const struct thread_limits *limits);

/* Make the next cut: first of deep stacks, then of the list. Returns false when all is gone. */
bool event_threads_cut(const struct event *event, struct thread_limits *limits);
