/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_stops.h"

#include <stdlib.h>
#include <unistd.h>

static bool runs(pid_t pid, pid_t tid)
{
	struct live_look look;

	return live_thread_look(pid, tid, &look) == 0 && !look.has_place;
}

void live_stops_begin(struct live_stops_thread *threads, size_t count, pid_t pid)
{
	size_t running = 0;

	for (size_t i = 0; i < count; i++) {
		threads[i].waits =
			runs(pid, threads[i].tid) ? live_task_waits(pid, threads[i].tid) : -1;
		running += threads[i].waits >= 0;
	}
	if (running < 2)
		return;
	usleep(LIVE_LOOK_US);
	for (size_t i = 0; i < count; i++) {
		const struct live_running thread = {pid, threads[i].tid, threads[i].waits};

		if (threads[i].waits >= 0 && runs(pid, thread.tid) &&
			live_task_waits(pid, thread.tid) == thread.waits)
			live_stop_begin(&threads[i].stop, &thread, NULL);
	}
}

const char *live_stops_end(struct live_stops_thread *thread, pid_t pid, struct live_look *look,
	struct trace_registers *registers, struct live_copy *copy)
{
	const char *reason = live_stop_end(&thread->stop, registers, copy);

	live_thread_look(pid, thread->tid, look);
	look->has_place = false;
	look->state = LIVE_RUNNING;
	return reason;
}

void live_stops_release(struct live_stops_thread *threads, size_t count)
{
	for (size_t i = 0; threads != NULL && i < count; i++)
		if (threads[i].stop.child > 0)
			live_stop_end(&threads[i].stop, NULL, NULL);
	free(threads);
}
