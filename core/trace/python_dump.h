/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_dump.h - parses CPython's own dump of its stacks (Python/traceback.c, _Py_DumpTraceback()
 * and _Py_DumpTracebackThreads()).
 *
 * The dump is ASCII, with the most recent call first and a head before each stack: "Stack (most
 * recent …" for the thread that requested the dump, "Current thread 0x… (…" for the same thread
 * once more, "Thread 0x… (…" for another one. The dump may end anywhere, as its writer may have
 * died. Signal-safe: yes. Threads: one at a time per dump.
 */
#pragma once

#include "core/base/frame.h"

/* At most this many bytes of a dump are read. */
#define PYTHON_DUMP_SIZE ((size_t)64 * 1024)

/* The most frames of one stack that CPython dumps (MAX_FRAME_DEPTH). */
#define PYTHON_FRAMES_MAX 100

/* Owned by the caller, who need not clear it; the frames point into it. */
struct python_dump {
	struct frame frames[PYTHON_FRAMES_MAX]; /* of the thread that requested the dump, the
						   innermost first */
	size_t count;
	/* The stacks of that thread, and of the others, as text: a head and the lines of a
	 * traceback, the most recent call last. "" when there is nothing to show. */
	char own[PYTHON_DUMP_SIZE + 1024];
	char others[16 * 1024];
	char names[PYTHON_DUMP_SIZE];
};

/* Fill DUMP from the SIZE bytes at TEXT. */
void python_dump_read(struct python_dump *dump, const char *text, size_t size);
