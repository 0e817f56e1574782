/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_python.h - the Python frames of a thread of another process.
 *
 * CPython's structures are read from outside (core/trace/python_frames.h). Signal-safe: no.
 * Threads: one.
 */
#pragma once

#include "core/trace/modules.h"
#include "core/trace/python_frames.h"

#include <sys/types.h>

#define LIVE_PYTHON_THREADS_MAX 4096

/* Owned by the caller; begins all zero. */
struct live_python {
	uint64_t runtime;    /* the address of _PyRuntime; 0: the process has no CPython */
	unsigned minor;	     /* 11 of 3.11; 0: unknown */
	unsigned reads_most; /* while a stack is read; 0: as many as it takes */
	bool found;	     /* of the last live_python_read() */
	size_t count;
	struct python_thread threads[LIVE_PYTHON_THREADS_MAX];
	struct python_stacks stacks;
};

/* Find the interpreter of the process whose objects MODULES has described, and whose memory it
 * reads, and list its threads. */
void live_python_find(struct live_python *python, struct modules *modules);

/* Whether thread TID has frames of Python's, or may have had some. */
bool live_python_has(const struct live_python *python, struct modules *modules, pid_t tid);

/* Read the frames of thread TID, which must stand still: the innermost first, in
 * PYTHON->stacks.own, until the next call. Returns whether there are any, and all of them are
 * right. */
bool live_python_read(struct live_python *python, struct modules *modules, pid_t tid);
