/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames.h - finds the frames of a stack, and then their modules and functions, in a list of the
 * caller's.
 *
 * A frame is complete before it is counted, and its pointers to module and function are set after
 * their targets: a list that was never finished may be read. Signal-safe: yes; uses some 48 KiB of
 * stack. Threads: one at a time per list; the walked stack must stand still.
 */
#pragma once

#include "core/base/text.h"
#include "core/trace/modules.h"
#include "core/trace/unwind.h"

/* Of a list that is too short, one frame in four is among the outermost ones, at most so many. */
#define FRAMES_LAST_PART 4
#define FRAMES_LAST_MOST 32

/* The reason why a full list ends. */
#define FRAMES_TOO_MANY "too many frames"

/* From now on leave out the frames whose code lies from BEGIN to END - 1. */
void frames_hide(const void *begin, const void *end);

/* Add at most MOST frames of the stack that UNWIND begins at to FRAMES, the innermost first, and
 * count them in *COUNT, which is 0 before. Returns why the list ends, in static storage; sets
 * *RET_TRUNCATED if there are more frames. */
const char *frames_walk(struct unwind *unwind, struct frame *frames, unsigned most, unsigned *count,
	bool *ret_truncated);

/*
 * Walk on from UNWIND, where frames_walk() stopped because FRAMES, of MOST, was full, to the end of
 * the stack, and let the last LAST of FRAMES be the outermost ones of the stack; the first of these
 * says how many were left out before it. FRAMES stay as they were if the end is not reached by
 * 2,000,000 frames, or within UNTIL_US. Returns whether they were replaced, and in *RET_STOP why
 * the stack ended.
 */
bool frames_walk_to_end(struct unwind *unwind, struct frame *frames, unsigned most, unsigned last,
	unsigned *count, int64_t until_us, const char **ret_stop);

/* Leave out frames of the middle, so that at most MOST of the COUNT are left: three quarters of
 * these are the innermost ones. Returns how many are left, COUNT where MOST is less than four. */
unsigned frames_leave_out(struct frame *frames, unsigned count, unsigned most);

/* Fill in the module and the offset of every frame; add paths to NAMES. */
void frames_locate(
	struct frame *frames, unsigned count, struct modules *modules, struct text *names);

/* Fill in the function of every located frame whose module has a name for it; add the names to
 * NAMES. */
void frames_symbolize(
	struct frame *frames, unsigned count, struct modules *modules, struct text *names);
