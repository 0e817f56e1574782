/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_stack.h - the part of decode.h that reads where the threads of a process stood.
 *
 * Signal-safe: no. Threads: one at a time per decoder.
 */
#pragma once

#include "core/report/decode.h"

struct cJSON;

/*
 * Fills frames, registers, threads, why the stack ends and error_trace of END, whose `what` and
 * signal are set, from the event OBJECT.
 */
void decode_stacks(struct decoder *decoder, const struct cJSON *object, struct told_end *end);
