/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.h - from one line of a file to one event.
 *
 * Signal-safe: no. Threads: one at a time per decoder.
 */
#pragma once

#include "core/base/arena.h"
#include "core/report/told.h"

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

#define DECODE_REMEMBERED 8

/* All zero but for ARENA at the start. It remembers the last strings: most lines repeat them. */
struct decoder {
	struct arena *arena; /* where the strings go; the caller's */
	const char *last[DECODE_REMEMBERED];
	const char *last_module;
	bool out_of_memory; /* an event was left incomplete: stop */
};

/* Decodes the COUNT bytes of LINE, without its newline. *RET_TOLD is filled if LINE_EVENT is
 * returned. */
enum line_kind decode_line(
	struct decoder *decoder, const char *line, size_t count, struct told *ret_told);
