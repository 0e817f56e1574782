/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_frames.h - the stacks of CPython 3.8 to 3.15, read from its memory.
 *
 * Nothing of the interpreter is called, so that neither its lock nor its state matters. Each
 * address that is read is one that the interpreter's memory holds: what cannot be read, is of
 * another type, or does not fit what was read before, ends a stack, or all of them; no frame is a
 * guess. The threads that are read may run meanwhile; then their stacks may be mixed from two
 * moments. Signal-safe: yes, as far as the caller's function that reads is. Threads: one at a time
 * per struct.
 */
#pragma once

#include "core/base/frame.h"
#include "core/trace/python_object.h"

/* The most frames of one stack. A longer one has its innermost frames, and so many of its outermost
 * ones. */
#define PYTHON_FRAMES_MAX 100
#define PYTHON_OUTERMOST 25

/* A code object, which many frames may have. */
struct python_code {
	uint64_t at;
	const char *file, *function; /* NULL: unknown */
	uint64_t lines;		     /* its table */
	int64_t size;		     /* of its bytecode */
	int first;		     /* line */
	bool is_internal;	     /* no Python code: the interpreter's own */
};

#define PYTHON_CODES_MAX 256

struct python_stack {
	struct frame frames[PYTHON_FRAMES_MAX]; /* the innermost first */
	size_t count;
	bool endless;  /* its end was not found, */
	bool too_deep; /* as it has more frames than are counted */
};

/* Owned by the caller, who need only set `reader.memory`. What is complete may be read while the
 * rest is added, and if the work was never finished. */
struct python_stacks {
	struct python_reader reader;
	const char *reason; /* why there are no stacks, or not whole ones, in static storage; NULL:
			       they are right */
	struct python_stack
		own; /* of the thread that was asked for; its strings are in `storage` */
	/* The stacks of that thread, where it has frames, and of the others, as text: a head and
	 * the lines of a traceback, the most recent call last. */
	char own_text[80 * 1024];
	char others_text[16 * 1024];
	size_t others_length; /* of the stacks in others_text that are complete */
	/* While the stacks are read. */
	uint64_t own_state, main_state;
	bool own_is_listed;
	struct python_stack other;
	size_t code_count;
	struct python_code codes[PYTHON_CODES_MAX];
	struct text names;
	char storage[64 * 1024];
};

/*
 * Fill STACKS from the interpreter whose _PyRuntime is at RUNTIME; MINOR is its version (8 of 3.8)
 * where that is below 13. OWN is the PyThreadState of the thread whose stack is wanted as frames;
 * 0: there is none.
 */
void python_frames_read(
	struct python_stacks *stacks, uint64_t runtime, unsigned minor, uint64_t own);

/* As python_frames_read(), but for the thread of OWN alone: there is no text of others. */
void python_frames_read_own(
	struct python_stacks *stacks, uint64_t runtime, unsigned minor, uint64_t own);

/* A thread that the interpreter knows; one that several interpreters know is there as often. */
struct python_thread {
	uint64_t state; /* its PyThreadState */
	uint64_t self;	/* its pthread_self() */
};

/* List at most MOST threads of the interpreter, as python_frames_read() finds it, in THREADS, using
 * STACKS. Returns how many; 0, and why in STACKS->reason, where the list cannot be read. */
size_t python_frames_threads(struct python_stacks *stacks, uint64_t runtime, unsigned minor,
	struct python_thread *threads, size_t most);
