/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_tail.h - the beginnings and ends in a host's event file, read while others write it.
 *
 * Lines that tell of neither are passed over without being parsed, and nothing is read while
 * nothing is written.
 * Signal-safe: no. Threads: one, which uses no other JSON between tail_open() and tail_close().
 */
#pragma once

#include "core/report/told.h"

#include <stdbool.h>

/* Returns whether the line that tells of PID, INIT or an end, is worth being parsed. */
typedef bool tail_wants(void *context, pid_t pid, bool is_init, const char *line, size_t count);

/* Takes TOLD, which is gone when this returns. */
typedef void tail_takes(void *context, const struct told *told);

struct tail {
	int file, changes; /* -1: none; CHANGES is readable once the file has grown */
	off_t at;	   /* of the first line not yet read */
	bool skipping;	   /* the rest of a line that is too long for any event */
	char *buffer;
	tail_wants *wants;
	tail_takes *takes;
	void *context;
};

/* The number behind the first KEY, such as "\"ppid\":", in the event LINE; 0 if it is not there. */
int64_t tail_number(const char *line, size_t count, const char *key);

/*
 * Begin behind the first FROM bytes of the file PATH; what the caller set in TAIL stays. Returns 0
 * or -errno; then nothing is held.
 */
int tail_open(struct tail *tail, const char *path, off_t from);

/* The file has grown: what CHANGES says is taken in, so that it is quiet until more is written. */
void tail_heard(const struct tail *tail);

/* All whole lines that are there by now. */
void tail_read(struct tail *tail);

/* Nothing is held any more. */
void tail_close(struct tail *tail);
