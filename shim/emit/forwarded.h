/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forwarded.h - what a launcher has read last from the pipes and terminals that its ranks write to:
 * the last EVENT_SAID_MAX bytes of each.
 *
 * Events have them once a child has failed, and when the launcher ends; `vigil report` knows by the
 * number of the pipe, or terminal, whose they are. Signal-safe: all but forwarded_begin(). Threads:
 * any.
 */
#pragma once

#include <stddef.h>

/* Constructor only, in a launcher. In any other process the rest does nothing. */
void forwarded_begin(void);

/* The launcher has read COUNT BYTES from FD; 0: it found the end. What is no pipe or terminal is
 * left alone; if another thread is at the same one, nothing is kept. Leaves errno as it is. */
void forwarded_keep(int fd, const char *bytes, size_t count);

/* A child of this process has failed: send what has been read last. */
void forwarded_send(void);

/* This process, which is about to end, sends what it has not sent yet, if a child of it failed. */
void forwarded_send_last(void);
