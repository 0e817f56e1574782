/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.h - from one line of a file to one event.
 *
 * Signal-safe: no. Threads: one at a time per decoder.
 */
#pragma once

#include "core/eventfile/intern.h"
#include "core/eventfile/event_record.h"

/* What a line can be. */
enum line_kind {
	LINE_EVENT,
	LINE_BLANK,
	LINE_GARBAGE,	     /* not JSON */
	LINE_TORN,	     /* the beginning of an event, and then nothing or something else */
	LINE_FOREIGN,	     /* JSON of somebody else */
	LINE_UNKNOWN_SCHEMA, /* an event of a version that this vigil does not know */
	LINE_INCOMPLETE,     /* an event that lacks what every event has */
	LINE_TOO_LONG,	     /* longer than any event can be */
	LINE_KIND_COUNT_
};

/* All zero but for ARENA and the arena of KEPT at the start, which are one. Its user releases KEPT,
 * and calls json_memory_use() before and json_memory_release() after. */
struct decoder {
	struct arena *arena; /* the caller's */
	struct intern kept;
	bool out_of_memory; /* an event was left incomplete: stop */
};

/* Decodes the COUNT bytes of LINE, without its newline. *RET_TOLD is filled if LINE_EVENT is
 * returned. */
enum line_kind decode_line(
	struct decoder *decoder, const char *line, size_t count, struct event_record *ret_record);
