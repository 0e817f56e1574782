/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_file.h - reads the lines of one file after another; of a file that grows, those that are
 * new.
 *
 * Signal-safe: no. Threads: one at a time per reader; readers of different threads may read at
 * once.
 */
#pragma once

#include "core/eventfile/decode.h"
#include "core/eventfile/reading.h"

/* A file while it is read; all zero but for its name at first. */
struct event_file {
	const char *name;
	int64_t offset;	  /* where the first line begins that was not taken yet */
	size_t line;	  /* number of the last one taken, from 1 */
	int64_t limit;	  /* the size of the file when it was opened: nothing behind it is read */
	int64_t data_end; /* up to here there is no hole */
	int64_t holes;	  /* bytes that nobody wrote */
	bool extended;	  /* the limit was raised, once, because it cut a line */
	bool dense;	  /* it has no holes, or none that lseek() shows */
	bool skipping;	  /* the current line was too long; its rest is passed over */
	const char *boot_id,
		*boot_host; /* of the last event that had a boot_id: not every event has one */
	struct {
		size_t count, first;
	} skipped[LINE_KIND_COUNT_]; /* lines that were passed over */
};

/* Take the COUNT bytes of LINE, behind which a newline stands, and may decode them by DECODER. */
typedef void reader_on_line(void *context, struct decoder *decoder, const char *line, size_t count);

struct reader {
	struct decoder decoder;
	struct arena arena; /* what the events point to */
	char *buffer;
	struct progress *progress; /* the CALLER's, or NULL */
	reader_on_line *on_line;   /* gets every line, instead of `into`; NULL: not used */
	void *context;		   /* its first argument */
	struct reading *into;	   /* where the events of `file` go while it is read */
	struct event_file *file;
};

/* READER must stay where it is until reader_end(), which the same thread calls, also after a
 * failure. Returns 0 or -ENOMEM. */
int reader_begin(struct reader *reader);

/* Release READER; the memory of its events goes to ARENA. */
void reader_end(struct reader *reader, struct arena *arena);

/* Release the memory that the events so far point to. */
void reader_forget(struct reader *reader);

/* Add the events of the whole lines of FILE, open as FD, from its offset on, to INTO, which is NULL
 * where READER->on_line is set; the offset then lies behind them. Returns 0 or -ENOMEM. */
int reader_read_more(struct reader *reader, struct reading *into, struct event_file *file, int fd);

/* Add warnings about the lines of FILE so far to INTO. Returns 0 or -ENOMEM. */
int reader_warn(struct reading *into, const struct event_file *file);

/* Add the events of the file NAME, open as FD, and the warnings about it to INTO. Returns 0, also
 * when nothing in it is an event, or -ENOMEM. */
int reader_read(struct reader *reader, struct reading *into, const char *name, int fd);
