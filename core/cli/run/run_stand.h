/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_stand.h - where the main thread of a rank is, and what it does, seen from outside.
 *
 * A rank has moved if the application's part of its stack has changed: the frames outside the first
 * function that communicates, and what is in them. A thread that waits is not touched; one that
 * runs, as the ranks of most MPIs do while they wait for a message, is stopped for as long as its
 * stack is copied (core/live). Signal-safe: no. Threads: the process has no other one.
 */
#pragma once

#include "core/events/event.h"
#include "core/live/live_process.h"

struct stand {
	enum event_doing doing; /* DOING_UNKNOWN: it could not be looked at */
	bool is_traced;		/* a debugger has stopped it */
	bool is_python;		/* it has frames of Python's */
	bool serves;		/* it waits for clients */
	uint64_t place;		/* a hash of the application's part of the stack; 0: it computes */
	const struct live_thread *thread; /* the main one, in the arena; NULL: none */
	struct call_counts calls;	  /* what it has called, in the arena */
};

/* Look at process PID; what STAND refers to is in ARENA. */
void stand_take(struct stand *stand, pid_t pid, struct arena *arena);

/* A hash of where the main thread of PID waits, and of how long it has run, which says that it has
 * not moved if it is the same later; 0: it runs. */
uint64_t stand_mark(pid_t pid);

/* Whether the main thread of PID waits for a child to end, as a shell does. */
bool stand_waits_for_child(pid_t pid);

/* What process PID has used so far: time of processors, in microseconds; bytes that it has read and
 * written. 0 where that is not known. */
struct stand_usage {
	int64_t cpu_us, bytes;
};
struct stand_usage stand_usage_of(pid_t pid);
