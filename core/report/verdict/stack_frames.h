/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_frames.h - the frames that stand for a process: of all its threads, and of what its
 * traceback says, those that say where it was.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

struct stack_frames {
	const struct frame *list;	/* the innermost first */
	const struct frame_note *notes; /* one for each; NULL: nothing was looked up */
	size_t count;			/* 0: it is not known where the process was */
	bool whole;			/* the outermost is there */
};

/* The frames of PROCESS at END: its termination, or an event about where its main thread was while
 * it went on. Where an exception of Python's ended it, they are those of its traceback, which says
 * where it was raised; the stack only says where that ended the process. */
struct stack_frames stack_frames_of(
	struct report *report, const struct process *process, const struct termination *end);
