/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_steps.h - a stack as its reader needs it: the calls of the program, the functions of
 * libraries that it called, and what is inside these.
 *
 * Left out is what says nothing about the program: what runs before main() or a thread's function,
 * the interpreter below Python's frames, what libc does below the function that was called, and
 * the preload. Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

struct stack_step {
	const char
		*function; /* never NULL; that of a Python frame has its file: "load (data.py)" */
	const struct frame *frame;
	enum step_part part;
	bool has_line; /* FRAME's line is a line of this function, and not of one inlined there */
	bool is_call;  /* its line and address are those of a call, or of a failure; where else it
			  was interrupted is chance */
};

/* All zero at the start; the list is malloc'ed, the rest in the report's memory. */
struct stack_steps {
	struct stack_step *list; /* the outermost first */
	size_t count, room;
	bool leaving; /* a function of the stack ends the program: handlers, destructors and
			 finalizers run below it, and may wait for other ranks */
	bool failing; /* the process failed there; else it was ended there */
	struct kept_steps *kept; /* of the last processes: thousands of ranks share few stacks */
	size_t next_kept;
};

/* Sets STEPS to the stack that stands for PROCESS: that of the exception, of the thread that
 * failed, or else of the main thread. There are no steps where it is not known. Returns 0 or
 * -ENOMEM. */
int stack_steps_set(
	struct report *report, const struct process *process, struct stack_steps *steps);

/* As stack_steps_set(), of PROCESS at END (stack_frames.h); NULL: there are none. */
int stack_steps_set_at(struct report *report, const struct process *process,
	const struct termination *end, struct stack_steps *steps);

/* Releases the memory of STEPS, which is all zero again. */
void stack_steps_release(struct stack_steps *steps);

/* Whether the steps are in the same function, and where that counts at the same line or address. */
bool stack_step_is_same(const struct stack_step *one, const struct stack_step *other);

/* Whether FUNCTION at frame CALLED is the same as CALLER_FUNCTION at frame CALLER, which called it.
 * Many modules of Python are <module> of a file with the same name. */
bool stack_is_recursion(const char *caller_function, const struct frame *caller,
	const char *function, const struct frame *called);

/* Append the function of STEP, shortened: "exchange"; and its line: "exchange (ring.c:20)". */
void stack_function_add(struct text *text, const struct stack_step *step);
void stack_step_add(struct text *text, const struct stack_step *step);

/* Appends " (ring.c:20)", the line of FRAME, or "+0x45" where that is not known and FRAME has an
 * address in a function. */
void stack_line_add(struct text *text, const struct frame *frame);
