/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - one log record: what Python's logging.LogRecord is.
 *
 * Made on the stack of the code that logs. Filters may change it, handlers and formatters only read
 * it. All strings belong to the maker and outlive the call of logger_handle(). Signal-safe: yes.
 * Threads: a record belongs to one.
 */
#pragma once

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/logging/level.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * What a record carries besides Python's own attributes (Python's `extra`): as functions, so that
 * the emit path need not build a dictionary.
 */
struct record_extra {
	/* Append attribute NAME as %(NAME)s prints it; false, and nothing appended, when there is
	 * no such attribute. */
	bool (*attribute)(const struct record_extra *extra, const char *name, struct text *text);
	/* Append the record as a JSON object of its own form, one line without its newline. NULL:
	 * it has none. */
	void (*json)(const struct record_extra *extra, struct text *text);
	/* The name of attribute number INDEX, from 0; NULL behind the last. NULL: the names cannot
	 * be listed. */
	const char *(*name)(const struct record_extra *extra, unsigned index);
	/* Append attribute NAME as a JSON value of its own type. NULL: they are strings. */
	void (*json_value)(const struct record_extra *extra, const char *name, struct text *text);
	/* One more attribute, which is not listed, as it has the same content as exc_text. NULL:
	 * there is none. */
	const char *trace;
};

#define RECORD_NOTES_MOST 16
#define RECORD_NOTES_SIZE 2048 /* bytes, which are enough for storage */

/*
 * What filters add to a record: attributes, which have precedence over those of `extra`, and
 * storage for strings. Belongs to the maker of the record; all zero but for storage and its size is
 * empty.
 */
struct record_notes {
	unsigned count;
	char *storage;
	size_t size, used; /* of storage */
	struct {
		const char *name, *value;
	} items[RECORD_NOTES_MOST];
};

/*
 * Attributes that a record from elsewhere (Python's makeLogRecord) was given explicitly, instead of
 * derived from its other members. NULL: not given.
 */
struct record_given {
	const char *levelname, *filename, *module, *task_name;
	bool has_msecs, has_relative_created;
	int64_t msecs_us, relative_created_us; /* in microseconds; printed as milliseconds */
};

/*
 * How far a record came, where the task that hands it to the handlers may be killed and another one
 * hand it over again: the second goes to those handlers alone that the first has not reached, so
 * that no handler writes it twice, and none is left out. The handlers must be the same ones in the
 * same order. Between the kernel's write and our note of it lie a few instructions: a task that is
 * killed there has the record written twice. All zero has not begun. One task at a time.
 */
struct record_delivery {
	unsigned next;	  /* index of the handler that comes next in this attempt */
	atomic_uint done; /* twice the number of handlers that have had it, plus 1 where the next
			     one has written it */
};

struct log_record {
	const char *name; /* of the logger that it was logged to; NULL: logger_handle() sets it */
	int levelno;
	const char *message; /* formatted */
	struct instant created;
	const char *pathname; /* NULL: unknown, printed as Python's "(unknown file)" */
	int lineno;
	const char *func_name;
	pid_t process;	/* pid */
	int64_t thread; /* kernel thread id */
	const char *process_name;
	const char *thread_name;
	const char *exc_text;	/* a trace, appended after the message on a line of its own; NULL or
				   "": none */
	const char *stack_info; /* Python's, appended after exc_text; NULL or "": none */
	const struct record_given *given; /* NULL: nothing */
	const struct record_extra *extra;
	struct record_notes *notes; /* NULL: there is no room for any */
	/*
	 * Emitted in a crash: handlers do not wait for other threads of the program, nor for a lock
	 * that is held. What needs a wait for another process (a connection, a pipe that is full)
	 * is tried once, within what is left of the process's wait budget.
	 */
	bool crashing;
	bool for_directory; /* only the handler of the run directory is to get it */
	bool unrecorded;    /* set by logger_handle(): that handler failed to write it */
	/* How far the record came, where it may be handed over again; else NULL. */
	struct record_delivery *delivery;
};

/* record->given, or one in which nothing is given. */
const struct record_given *record_given(const struct log_record *record);

/* Attributes that Python makes of others, unless they were given: levelname, in BUFFER, in static
 * storage or the record's; filename; pathname, "(unknown file)" where it is unknown. */
const char *record_levelname(const struct log_record *record, char buffer[LEVEL_NAME_SIZE]);
const char *record_filename(const struct log_record *record);
const char *record_pathname(const struct log_record *record);

/* Append Python's module: os.path.splitext(filename)[0], as leading dots begin no suffix. */
void record_add_module(const struct log_record *record, struct text *text);

/* Python's msecs, the whole milliseconds of the second unless the record says more, and its
 * relativeCreated, counted from START_US; both in microseconds. */
int64_t record_msecs_us(const struct log_record *record);
int64_t record_relative_us(const struct log_record *record, int64_t start_us);

/* Append attribute NAME that is none of Python's own, as %(NAME)s prints it; false, and nothing
 * appended, when RECORD has none of that name. */
bool record_attribute(const struct log_record *record, const char *name, struct text *text);

/* Whether NAME is an attribute that every record has, or that formatting sets: one of Python's own,
 * which no `extra` may overwrite. */
bool record_reserves(const char *name);

/* The name of such an attribute: number INDEX of them from 0; NULL behind the last. A name may come
 * twice; record_attribute() has the value that counts. */
const char *record_attribute_name(const struct log_record *record, unsigned index);

/* The value that a filter has set attribute NAME to; NULL when none has. */
const char *record_note(const struct log_record *record, const char *name);

/* A copy of STRING among RECORD's notes; NULL when there is no room. */
const char *record_keep(const struct log_record *record, const char *string);

/* Set attribute NAME to VALUE; both are copied. Returns 0 or -ENOBUFS. */
int record_set(const struct log_record *record, const char *name, const char *value);

/* The calling task begins to hand the record over, from the first handler on. */
void delivery_begin(struct record_delivery *delivery);

/* Whether the next handler has not had the record; if so, delivery_done() must follow. NULL: true.
 */
bool delivery_is_due(struct record_delivery *delivery);

/* That handler has had the record. NULL: nothing happens. */
void delivery_done(struct record_delivery *delivery);

/* The calling task has handed the record to all handlers. */
void delivery_end(void);
