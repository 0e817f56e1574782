/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recursion.h - walks over one stack for a reader: of the frames of a recursion the first ones are
 * shown, the others only counted.
 *
 * A recursion is a run of frames of one to three functions that call each other. Frames of an
 * interpreter are passed over, and not counted: they are shown as its own traceback.
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/base/frame.h"
#include "core/base/text.h"

#define RECURSION_FUNCTIONS 3

/* All zero but FRAMES and COUNT at the beginning. */
struct recursion {
	const struct frame *frames;
	size_t count;

	/* After recursion_next(): the frame that is shown, its number in the stack that the process
	 * had, and how many frames before it are not shown. */
	size_t index, number, hidden;
	/* The frames of the functions that the hidden frames are of; FUNCTIONS 0: they were not
	 * recorded, or are of any functions. */
	size_t first, functions;

	size_t at, end, shown; /* the next frame, the end of its run, how many to show of that */
	size_t run, run_functions;
	size_t next_number;
};

/* Step to the next frame that is shown. Returns false at the end of the stack; then `hidden` frames
 * follow the last one that was shown. */
bool recursion_next(struct recursion *recursion);

/* Append the names of the functions of the hidden frames: "a, b and c"; nothing where they are
 * unknown. */
void recursion_names(const struct recursion *recursion, struct text *text);
