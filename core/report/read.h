/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read.h - reads the event files of a run directory: line by line, with bounded memory a line, and
 * never gives up over what is in them. What is not an event is counted and named.
 *
 * The files of a directory are read by as many threads as there are processors; the outcome is the
 * same as that of one. Signal-safe: no. Threads: one reading at a time in a process.
 */
#pragma once

#include "core/base/arena.h"
#include "core/report/told.h"

#include <stdbool.h>

struct reading {
	struct arena arena;  /* holds every string and end */
	struct told *events; /* malloc'ed, in the order of the files */
	size_t count, room;
	const char **warnings; /* malloc'ed; the strings are the arena's */
	size_t warning_count, warning_room;
};

/*
 * Reads PATH into READING (all zero at first): a file, or a directory with all of its *.jsonl and
 * what was rotated away from them, in the order of names.h. Returns 0, also when nothing in it is
 * an event; -ENOMEM; or the -errno of a PATH that cannot be opened. A file in a directory that
 * cannot be opened is a warning.
 */
int read_path(struct reading *reading, const char *path);

/* Reads COUNT bytes as if they were the file NAME. Returns 0 or -ENOMEM. */
int read_bytes(struct reading *reading, const char *name, const char *bytes, size_t count);

/* Adds a warning for the report, in printf's words. Returns 0 or -ENOMEM. */
int read_warn(struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Everything that READING holds is gone; it is all zero again. */
void read_release(struct reading *reading);
