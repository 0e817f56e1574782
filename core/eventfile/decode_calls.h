/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_calls.h - how often a process called functions, from the member `calls` of an event or of
 * an answer of `vigil stacks`.
 *
 * Signal-safe: no. Threads: a decoder belongs to one.
 */
#pragma once

#include "core/base/call_counts.h"
#include "core/eventfile/decode_value.h"

/* Read ARRAY, the value of `calls` or NULL, into CALLS, which is empty; its list is the decoder's.
 */
void decode_calls(struct decoder *decoder, const struct json *array, struct call_counts *calls);
