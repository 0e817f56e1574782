/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.h - one line of an event file becomes one event.
 *
 * Signal-safe: no. Threads: one at a time per decoder.
 */
#pragma once

#include "core/eventfile/decode_value.h"
#include "core/eventfile/event_record.h"

/* What a line can be. */
enum line_kind {
	LINE_EVENT,
	LINE_BLANK,
	LINE_GARBAGE,	     /* not JSON */
	LINE_TORN,	     /* an event that its writer did not finish */
	LINE_FOREIGN,	     /* JSON that is not vigil's */
	LINE_UNKNOWN_SCHEMA, /* an event of a version that this vigil does not know */
	LINE_INCOMPLETE,     /* an event that lacks what every event has */
	LINE_TOO_LONG,	     /* longer than any event can be */
	LINE_KIND_COUNT_
};

/* Make DECODER ready to decode into ARENA, which is the caller's. */
void decoder_begin(struct decoder *decoder, struct arena *arena);

/* Release what DECODER holds. What was decoded lives as long as the arena. */
void decoder_end(struct decoder *decoder);

/* Decode the COUNT bytes of LINE, without its newline. *RET_RECORD is filled if LINE_EVENT is
 * returned; what it points to lives as long as the decoder's arena. Without memory the record is
 * incomplete, and DECODER->out_of_memory says so. */
enum line_kind decode_line(
	struct decoder *decoder, const char *line, size_t count, struct event_record *ret_record);
