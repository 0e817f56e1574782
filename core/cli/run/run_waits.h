/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_waits.h - what a thread of another process waits for, by the system call that it is in.
 *
 * Only what nothing but another process or thread of the job can end is distinguished; all else,
 * and what is not known for certain, is WAIT_OPEN. Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/live/live_thread.h"

#include <sys/stat.h>

enum wait_kind {
	WAIT_OPEN,  /* time, a client, a terminal, a signal, or something that is not known */
	WAIT_FUTEX, /* without a limit, for memory that its process shares with no other, or with
		       relatives alone */
	WAIT_CHILD,
	WAIT_PIPES, /* for what the other side of one of some pipes does */
	WAIT_FIFO,  /* for somebody to open the other side of a FIFO */
};

#define WAIT_PIPES_MOST 4

/* The end of a pipe or FIFO that a thread waits for. */
struct pipe_end {
	dev_t device;
	ino_t inode;
	bool is_named;	/* it is a FIFO, which other processes may open */
	bool is_writer; /* the end that is written to */
};

struct thread_wait {
	enum wait_kind kind;
	struct pipe_end pipes[WAIT_PIPES_MOST]; /* of WAIT_PIPES; of WAIT_FIFO one */
	size_t count;
	int64_t made_us; /* WAIT_FIFO: when the FIFO was made, or changed, since 1970 */
};

/* What thread TID of process PID waits for, which was seen at LOOK. */
struct thread_wait wait_of(pid_t pid, pid_t tid, const struct live_look *look);
