/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_stops.h - all threads of a process that run, each stopped for a moment, at once.
 *
 * A thread stops when it gets a processor: of many that share few, one after the other would take
 * seconds. Signal-safe: no. Threads: the process has no other one.
 */
#pragma once

#include "core/live/live_stop.h"
#include "core/live/live_thread.h"

/* One of COUNT threads, zeroed but for `tid` at first. */
struct live_stops_thread {
	pid_t tid;
	int64_t waits; /* how often it had begun to wait; -1: it does not run */
	struct live_stop stop;
};

/* Begin to stop those of COUNT THREADS of process PID that are seen to run twice and have not
 * waited in between; of the others `stop.child` is 0. Each that was begun is to be ended. */
void live_stops_begin(struct live_stops_thread *threads, size_t count, pid_t pid);

/* End the stops that go on among COUNT THREADS, if any, and free THREADS, malloc'ed or NULL. */
void live_stops_release(struct live_stops_thread *threads, size_t count);

/* End the stop of THREAD, which has begun, as live_stop_end(). LOOK is what it does: it runs. */
const char *live_stops_end(struct live_stops_thread *thread, pid_t pid, struct live_look *look,
	struct trace_registers *registers, struct live_copy *copy);
