/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - one log record: what Python's logging.LogRecord is.
 *
 * Made on the stack of whoever logs. Filters may change it on its way, handlers and formatters only
 * read it. All strings belong to the maker and outlive the call of logger_handle(). Signal-safe:
 * yes. Threads: a record belongs to one.
 */
#pragma once

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/logging/level.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * What a record carries besides Python's own attributes (Python's `extra`): given as functions, so
 * that the emit path need not build a dictionary.
 */
struct record_extra {
	/* Append attribute NAME as %(NAME)s prints it; false, and nothing appended, when there is
	 * no such attribute. */
	bool (*attribute)(const struct record_extra *extra, const char *name, struct text *text);
	/* Append the record's own JSON object, one line without its newline. NULL: it has no form
	 * of its own. */
	void (*json)(const struct record_extra *extra, struct text *text);
	/* The attributes' names one by one from INDEX 0, NULL behind the last. NULL: they cannot be
	 * reported. */
	const char *(*name)(const struct record_extra *extra, unsigned index);
	/* Append attribute NAME as a JSON value of its own type. NULL: they are strings. */
	void (*json_value)(const struct record_extra *extra, const char *name, struct text *text);
	/* One more attribute, which is not among them because it says what the record's exc_text
	 * says. NULL: there is none. */
	const char *trace;
};

#define RECORD_NOTES_MOST 16
#define RECORD_NOTES_SIZE 2048 /* is enough for storage */

/*
 * What filters add to a record on its way: attributes, which go before those of `extra`, and the
 * strings that they set in it. Belongs to the record's maker; all zero but for storage and its size
 * is empty.
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
 * What a record that was made elsewhere says of itself, in place of what follows from its other
 * members (Python's makeLogRecord). NULL: nothing said.
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
	unsigned next;	  /* the handler that is asked for next, in this attempt */
	atomic_uint done; /* twice as many as have had it; and 1: the next has written it */
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
	 * Emitted while the program dies: handlers wait for nobody of its own. What a handler could
	 * only do by waiting for others (a connection to be made, a pipe to be read) it tries once
	 * and within what is left of patience.h's account; a lock that others hold, not at all.
	 */
	bool crashing;
	bool for_directory; /* for the handler of the run directory alone */
	bool unrecorded;    /* afterwards: that one could not write it */
	/* Not NULL: how far it came, where it may be handed over again. */
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

/* Is NAME an attribute that every record has, or that formatting sets: Python's, which no `extra`
 * may overwrite? */
bool record_reserves(const char *name);

/* The names of those attributes one by one from INDEX 0, NULL behind the last; one may come twice,
 * what counts then is what record_attribute() says. */
const char *record_attribute_name(const struct log_record *record, unsigned index);

/* What filters have set attribute NAME to; NULL when they have not. */
const char *record_note(const struct log_record *record, const char *name);

/* A copy of STRING among RECORD's notes; NULL when there is no room. */
const char *record_keep(const struct log_record *record, const char *string);

/* Attribute NAME is VALUE from now on. Returns 0 or -ENOBUFS. */
int record_set(const struct log_record *record, const char *name, const char *value);

/* The calling task hands the record over from the first handler on. */
void delivery_begin(struct record_delivery *delivery);

/* Whether the next handler is still to have the record; then delivery_done() follows. NULL: yes. */
bool delivery_is_due(struct record_delivery *delivery);

/* The handler has had it. NULL: nothing. */
void delivery_done(struct record_delivery *delivery);

/* The calling task is through. */
void delivery_end(void);
