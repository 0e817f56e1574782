/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_stack.h - the stacks of an event: frames, those of other threads, and registers.
 *
 * Signal-safe: no. Threads: one at a time per decoder.
 */
#pragma once

#include "core/eventfile/decode.h"

#include <cjson/cJSON.h>

/* Frames that are kept, and where they were in memory. */
struct stack {
	const struct frame *frames;
	const uint64_t *pcs;
	size_t count;
};

/* The frames in ARRAY. INTERRUPTED: the thread was, by a signal. */
struct stack decode_frames(struct decoder *decoder, const cJSON *array, bool interrupted);

/* `threads` and what is said of them in the event OBJECT, into END. */
void decode_threads(struct decoder *decoder, const cJSON *object, struct termination *end);

/* The members of OBJECT, a name and an address each, into EVENT. */
void decode_registers(struct decoder *decoder, const cJSON *object, struct event *event);
