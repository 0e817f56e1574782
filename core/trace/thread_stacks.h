/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_stacks.h - the stacks of many threads of this process, in little memory: one table of
 * modules and names for all, and stacks that are equal are kept once.
 *
 * What is there may be read while more is added, and after it was cut short: as in trace.h.
 * Signal-safe: yes, and in a CLONE_VM child. Threads: one at a time per store; the walked stacks
 * must stand still.
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

/* Owned by the caller, who need not clear it. Memory is touched as it is used. */
struct thread_stacks {
	unsigned count, frame_count;
	unsigned most;	   /* frames of one stack */
	struct text names; /* paths and functions, each with its NUL */
	struct thread_stack list[THREAD_STACKS_MAX];
	struct modules modules;
	char storage[THREAD_NAMES_SIZE];
	struct frame frames[THREAD_FRAMES_MAX];
};

/* Make STACKS empty; each stack is to have MOST frames at most. */
void thread_stacks_init(struct thread_stacks *stacks, unsigned most);

/* Walk the stack at REGISTERS, whose pc is an instruction. The result is owned by STACKS; equal
 * stacks have the same one. NULL when there is no room for another. */
const struct thread_stack *thread_stacks_walk(
	struct thread_stacks *stacks, const struct trace_registers *registers);

/* Fill in the modules and offsets of all of them, and then their functions: see core/trace/trace.h.
 */
void thread_stacks_modules(struct thread_stacks *stacks);
void thread_stacks_symbolize(struct thread_stacks *stacks);
