/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail.h - the INITs and the terminations in a host's event files, read while they are written.
 *
 * A host has one file in the run directory for all processes that may write to it, and one more
 * for each user who may not (core/base/run_name.h). A file that appears later is read from its
 * start. Lines about anything else are passed over without being parsed, and nothing is read while
 * nothing is written. Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/eventfile/follow.h"

/* Whether LINE, COUNT bytes before a newline, about the INIT or the termination of PID, is to be
 * parsed. */
typedef bool tail_wants(void *context, pid_t pid, bool is_init, const char *line, size_t count);

/* Takes RECORD, which is gone when this returns. */
typedef void tail_takes(void *context, const struct event_record *record);

struct tail {
	const char *directory, *hostname;
	struct followed_files files;
	int changes; /* readable once a file has grown; -1: none */
	struct reader reader;
	tail_wants *wants;
	tail_takes *takes;
	void *context;
};

/* The number behind the first KEY, such as "\"ppid\":", in the event LINE; 0 if it is not there. */
int64_t tail_number(const char *line, size_t count, const char *key);

/*
 * Before others write: note the event files of HOSTNAME that DIRECTORY holds, and how long each is,
 * so that only what comes later is read. No descriptor is held. Both strings must live as long as
 * TAIL; what the caller set in TAIL stays.
 */
void tail_begin(struct tail *tail, const char *directory, const char *hostname);

/* Calls TAKES for what is written from now on, when tail_read() finds it. Returns 0, or -errno;
 * then nothing is held. */
int tail_open(struct tail *tail);

/* CHANGES is readable: read it, so that it is not until more is written. */
void tail_heard(struct tail *tail);

/* All whole lines that are there by now, those of files that are new among them. */
void tail_read(struct tail *tail);

/* Nothing is held any more. */
void tail_close(struct tail *tail);
