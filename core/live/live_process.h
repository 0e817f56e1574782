/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_process.h - the stacks of all threads of a process that goes on.
 *
 * Signal-safe: no. Threads: the process has no other one (live_stop.h).
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/call_counts.h"
#include "core/base/frame.h"
#include "core/live/live_thread.h"

#define LIVE_THREADS_MAX 4096
#define LIVE_FRAMES_MAX 256 /* of one stack */

struct live_thread {
	pid_t tid;
	char name[64];
	enum live_state state;
	/* The innermost first, in the arena; those of Python before the native ones. */
	struct frame *frames;
	unsigned count;
	bool truncated;
	const char *stop;  /* why there are no more frames, in static storage; NULL: none above */
	uint64_t seen;	   /* a hash of where it was, and how long it had run */
	const char *error; /* why there are none at all; NULL: there are */
};

struct live_process {
	pid_t pid;
	char name[64];		     /* "": not known */
	char refusal[512];	     /* why it is not shown, with a remedy; "": it is shown */
	struct live_thread *threads; /* the arena's */
	size_t count;
	size_t left_out;	  /* threads above LIVE_THREADS_MAX */
	bool leader_ended;	  /* its first thread has ended, others go on */
	struct call_counts calls; /* that it made so far (live_calls.h), the arena's */
};

/* Set PROCESS to the stacks of process PID, in memory of ARENA. Returns 0; what cannot be looked at
 * says so in `refusal`, or in a thread's `error`; or -ENOMEM. */
int live_process_read(struct live_process *process, pid_t pid, struct arena *arena);

/* As live_process_read(), of the main thread alone; with the Python frames of one that runs, or
 * runs now and then, too, if they are the same at two looks. */
int live_process_read_main(struct live_process *process, pid_t pid, struct arena *arena);
