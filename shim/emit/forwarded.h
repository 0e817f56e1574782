/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forwarded.h - what a launcher has read last from the pipes and terminals that its ranks write to,
 * and srun from its tasks by way of their nodes: the last EVENT_SAID_MAX bytes of each.
 *
 * Events have them once a child has failed, and when the launcher ends after that; when srun, whose
 * tasks are no children, fails. `vigil report` knows by the number of the pipe, terminal or task
 * whose they are. Signal-safe: all but forwarded_begin(). Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The launcher asked for WANTED bytes of FD, and got the COUNT BYTES; 0: it found the end. */
struct forwarded_read {
	int fd;
	const char *bytes;
	size_t count, wanted;
};

/* Constructor only, in a launcher: PROGRAM is its base name. In any other process the rest does
 * nothing. */
void forwarded_begin(const char *program);

/* What is no output of a rank is left alone; if another thread is at the same one, nothing is kept.
 * Leaves errno as it is. */
void forwarded_keep(struct forwarded_read read);

/* A child of this process has failed: send what has been read last. */
void forwarded_send(void);

/* This process, which is about to end, sends what it has not sent yet, if a child of it failed, or
 * it is srun and FAILED. */
void forwarded_send_last(bool failed);
