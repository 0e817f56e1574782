/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail.h - the INITs, the terminations and the kill()s in a host's event files, read while they
 * are written.
 *
 * A host has one file in the run directory for all processes that may write to it, and one more
 * for each user who may not (core/base/run_name.h). A file that appears later is read from its
 * start. Lines about anything else are passed over without being parsed, and nothing is read while
 * nothing is written. Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/eventfile/follow.h"

/* Whether LINE, COUNT bytes before a newline, about the INIT or the termination of PID, or a
 * kill() of it, is to be parsed. */
typedef bool tail_wants(void *context, pid_t pid, bool is_init, const char *line, size_t count);

/* Take RECORD, which is valid only until this returns. */
typedef void tail_takes(void *context, const struct event_record *record);

struct tail {
	const char *directory, *hostname;
	struct followed_files files;
	bool from_start; /* set by the caller: also what is there already is read */
	int changes;	 /* an inotify descriptor, readable once a file has grown; -1: none */
	struct reader reader;
	tail_wants *wants;
	tail_takes *takes;
	void *context;
};

/* The number behind the first KEY, such as "\"ppid\":", in the event LINE; 0 if it is not there. */
int64_t tail_number(const char *line, size_t count, const char *key);

/* Note which event files of HOSTNAME are in DIRECTORY and how long each is, so that only what is
 * written later is read, unless FROM_START is set. Call this before others write. No descriptor is
 * held. Both strings must live as long as TAIL; what the caller set in TAIL stays. */
void tail_begin(struct tail *tail, const char *directory, const char *hostname);

/* Start to follow: from now on, tail_read() calls TAKES for what is written. Returns 0; or -errno,
 * and nothing is held. */
int tail_open(struct tail *tail);

/* Read CHANGES, which is readable, so that it is not readable again until more is written. */
void tail_read_changes(struct tail *tail);

/* Read all whole lines that are there by now, also those of new files. */
void tail_read(struct tail *tail);

/* Release everything that TAIL holds. */
void tail_close(struct tail *tail);
