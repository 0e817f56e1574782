/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_task.h - the files of a thread below /proc/PID/task/TID, and whether it runs on.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Read FILE of thread TID of process PID, as file_read() does. Returns its length, or -errno. */
ssize_t live_task_read(pid_t pid, pid_t tid, const char *file, char *buffer, size_t size);

/* How often thread TID has begun to wait; -1: not known. */
int64_t live_task_waits(pid_t pid, pid_t tid);

/* The number of thread TID in its own pid namespace, where it may be another one than in ours; TID
 * where that is not known. */
pid_t live_task_inner(pid_t tid);

/* A thread that runs, and how often it had begun to wait before. */
struct live_running {
	pid_t pid, tid;
	int64_t waits;
};

/* Whether it still runs, and has not waited in between. */
bool live_task_runs_on(const struct live_running *running);
