/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames.h - lists of frames, whoever keeps them: found, located, named.
 *
 * Each frame is whole before it is counted, and gets its module and its function after what they
 * point to: a list that was never finished may be read. Signal-safe: yes. It takes some 48 KiB of
 * stack. Threads: one at a time per list; the walked stack must stand still.
 */
#pragma once

#include "core/base/text.h"
#include "core/trace/modules.h"
#include "core/trace/unwind.h"

/* Why a full list ends. */
#define FRAMES_TOO_MANY "too many frames"

/* Add the frames of the stack that UNWIND begins at to FRAMES, the innermost first, at most MOST of
 * them, and count them in *COUNT, which is 0. Returns why the list ends, in static storage;
 * *RET_TRUNCATED is set where there are more frames. */
const char *frames_walk(struct unwind *unwind, struct frame *frames, unsigned most, unsigned *count,
	bool *ret_truncated);

/* Fill in the module and the offset of every frame; paths are added to NAMES. */
void frames_locate(
	struct frame *frames, unsigned count, struct modules *modules, struct text *names);

/* Fill in the function of every located frame whose module has a name for it; NAMES gets them. */
void frames_symbolize(
	struct frame *frames, unsigned count, struct modules *modules, struct text *names);
