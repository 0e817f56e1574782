/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h - the events of a run directory in memory, and the warnings about its files.
 *
 * Signal-safe: no. Threads: one at a time per reading.
 */
#pragma once

#include "core/base/arena.h"
#include "core/eventfile/event_record.h"

struct reading {
	struct arena arena;	     /* holds every string and termination */
	struct event_record *events; /* malloc'ed, in the order of the files */
	size_t count, room;
	const char **warnings; /* malloc'ed; the strings are the arena's */
	size_t warning_count, warning_room;
	size_t torn;		   /* lines whose writer was cut off: their events are lost */
	struct progress *progress; /* the CALLER's (progress.h), or NULL */
	const char *refused; /* what the last path that was not read is, or why it cannot be opened;
				static */
};

/* Add an event, which is copied, or a warning, whose string must live as long as READING; a WARNING
 * that is NULL is one that memory ran out for. Return 0 or -ENOMEM. */
int reading_add(struct reading *reading, const struct event_record *record);
int reading_add_warning(struct reading *reading, const char *warning);

/* Add a warning in printf's words, of which 1 KiB is kept. Returns 0 or -ENOMEM. */
int reading_warn(struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Release everything that READING holds; READING is all zero again. */
void reading_release(struct reading *reading);
