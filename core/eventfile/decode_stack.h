/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_stack.h - the stacks of an event: its frames, those of other threads, and registers.
 *
 * Signal-safe: no. Threads: one at a time per decoder.
 */
#pragma once

#include "core/eventfile/decode_value.h"
#include "core/eventfile/event_record.h"

/* Fill in the members of END that are about stacks, from the members `frames`, `registers`,
 * `threads` and `threads_left_out` of OBJECT. INTERRUPTED: a signal interrupted the thread that
 * `frames` is of, so that its innermost address is no return address. */
void decode_stacks(struct decoder *decoder, const struct json *object, bool interrupted,
	struct termination *end);
