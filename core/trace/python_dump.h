/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_dump.h - reads what CPython's own dump of its stacks says (Python/traceback.c,
 * _Py_DumpTraceback() and _Py_DumpTracebackThreads()).
 *
 * The dump is ASCII, the most recent call first, under a head a stack: "Stack (most recent …" of
 * the thread that asked, "Current thread 0x… (…" the same once more, "Thread 0x… (…" another.
 * It may end anywhere: who wrote it may have died. Signal-safe: yes. Threads: one at a time per
 * dump.
 */
#pragma once

#include "core/base/frame.h"

/* The most bytes of a dump that are read. */
#define PYTHON_DUMP_SIZE ((size_t)64 * 1024)

/* The most frames of one stack that CPython dumps (MAX_FRAME_DEPTH). */
#define PYTHON_FRAMES_MAX 100

/* Owned by the caller, who need not clear it; the frames point into it. */
struct python_dump {
	struct frame frames[PYTHON_FRAMES_MAX]; /* of the thread that asked for the dump, the
						   innermost first */
	size_t count;
	/* That thread, and the others, as text: under a head the lines of a traceback, the most
	 * recent call last. "" when there is nothing to show. */
	char own[PYTHON_DUMP_SIZE + 1024];
	char others[16 * 1024];
	char names[PYTHON_DUMP_SIZE];
};

/* Fill DUMP from the SIZE bytes at TEXT. */
void python_dump_read(struct python_dump *dump, const char *text, size_t size);
