/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_file.h - one thread's half of read.h: the lines of one file after another.
 *
 * Signal-safe: no. Threads: one at a time per reader; readers of different threads may read at
 * once, after json_memory_use().
 */
#pragma once

#include "core/report/decode.h"
#include "core/report/read.h"

struct reader {
	struct decoder decoder;
	struct arena arena; /* what the events point to */
	char *buffer;
};

/* READER must stay where it is until reader_end(), which the same thread calls, also after a
 * failure. Returns 0 or -ENOMEM. */
int reader_begin(struct reader *reader);

/* What READER keeps goes to ARENA. */
void reader_end(struct reader *reader, struct arena *arena);

/*
 * Adds the events of the file NAME, open as FD, and what is to be said of it, to INTO. Returns 0,
 * also when nothing in it is an event, or -ENOMEM.
 */
int reader_read(struct reader *reader, struct reading *into, const char *name, int fd);

/* The same for COUNT bytes. */
int reader_read_bytes(struct reader *reader, struct reading *into, const char *name,
	const char *bytes, size_t count);
