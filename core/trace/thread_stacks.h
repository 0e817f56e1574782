/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_stacks.h - the stacks of many threads of this process, in little memory: all share one
 * table of modules and names, which frames_locate() and frames_symbolize() fill in, and equal
 * stacks are kept once.
 *
 * As in trace.h, what is complete may be read while more is added, and if the work was never
 * finished. Signal-safe: yes, and in a CLONE_VM child. Threads: one at a time per store; the walked
 * stacks must stand still.
 */
#pragma once

#include "core/base/text.h"
#include "core/trace/frames.h"

#define THREAD_STACKS_MAX 256  /* distinct ones */
#define THREAD_FRAMES_MAX 4096 /* of all of them together */
#define THREAD_NAMES_SIZE ((size_t)128 * 1024)

struct thread_stack {
	const struct frame *frames; /* the innermost first */
	unsigned count;
	bool truncated; /* there are more frames */
};

/* Owned by the caller, who need not clear it. Unused parts are never touched. */
struct thread_stacks {
	unsigned count, frame_count;
	unsigned most;	   /* the most frames of one stack */
	struct text names; /* paths and functions, each with its NUL */
	struct thread_stack list[THREAD_STACKS_MAX];
	struct modules modules;
	char storage[THREAD_NAMES_SIZE];
	struct frame frames[THREAD_FRAMES_MAX];
};

/* Make STACKS empty; each stack will have at most MOST frames. */
void thread_stacks_init(struct thread_stacks *stacks, unsigned most);

/* Walk the stack at REGISTERS, whose pc is an instruction, no return address. STACKS owns the
 * result; equal stacks have the same one. NULL when there is no room for another stack. */
const struct thread_stack *thread_stacks_walk(
	struct thread_stacks *stacks, const struct trace_registers *registers);
