/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - one log record, Python's logging.LogRecord.
 *
 * The code that logs makes the record on its stack. Filters may change it, handlers and formatters
 * only read it. All strings belong to the record's maker and outlive the call of logger_handle().
 * Signal-safe: yes. Threads: a record belongs to one.
 */
#pragma once

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/logging/level.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/* What a record carries besides Python's own attributes (Python's `extra`), as functions, so that
 * the emit path need not build a dictionary. */
struct record_extra {
	/* Append attribute NAME as %(NAME)s prints it; false, and append nothing, when there is
	 * none. */
	bool (*attribute)(const struct record_extra *extra, const char *name, struct text *text);
	/* Append the record as a JSON object of its own form, one line without its newline. NULL:
	 * the record has no such form. */
	void (*json)(const struct record_extra *extra, struct text *text);
	/* The name of attribute number INDEX, from 0; NULL behind the last. A NULL pointer: the
	 * names cannot be listed. */
	const char *(*name)(const struct record_extra *extra, unsigned index);
	/* Append attribute NAME as a JSON value of its own type. NULL: all are strings. */
	void (*json_value)(const struct record_extra *extra, const char *name, struct text *text);
	/* The name of one more attribute, which `name` does not list, as it has the same content as
	 * exc_text. NULL: none. */
	const char *trace;
};

#define RECORD_NOTES_MOST 16
#define RECORD_NOTES_SIZE 2048 /* bytes, a sufficient size for storage */

/*
 * What filters add to a record: attributes, which have precedence over those of `extra`, and
 * storage for strings. Belongs to the maker of the record; empty when all zero except `storage` and
 * `size`.
 */
struct record_notes {
	unsigned count;
	char *storage;
	size_t size, used; /* of storage */
	struct {
		const char *name, *value;
	} items[RECORD_NOTES_MOST];
};

/* Attributes that a record from elsewhere (Python's makeLogRecord) was given explicitly, and that
 * otherwise are derived from its other members. NULL: not given. */
struct record_given {
	const char *levelname, *filename, *module, *task_name;
	bool has_msecs, has_relative_created;
	int64_t msecs_us, relative_created_us; /* in microseconds; printed as milliseconds */
};

/*
 * The progress of handing a record to the handlers, for a task that may be killed meanwhile: a
 * second task then resumes with the handlers that the first one has not reached, so that no handler
 * writes the record twice, and none is left out. The handlers and their order must not change. If a
 * task is killed in the few instructions between the kernel's write and our note of it, the record
 * is written twice. All zero is the beginning. One task at a time.
 */
struct record_delivery {
	unsigned next;	  /* index of the next handler in this attempt */
	atomic_uint done; /* twice the number of handlers that are done, plus 1 if the next one has
			     written the record */
};

struct log_record {
	const char *name; /* of the record's logger; NULL: logger_handle() sets it */
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
	const char *stack_info; /* as in Python, appended after exc_text; NULL or "": none */
	const struct record_given *given; /* NULL: nothing */
	const struct record_extra *extra;
	struct record_notes *notes; /* NULL: filters cannot add any */
	/*
	 * Emitted in a crash: handlers wait neither for other threads of the program nor for a lock
	 * that is held. A wait for another process (a connection, a full pipe) is tried once,
	 * within the rest of the process's wait budget.
	 */
	bool crashing;
	bool for_directory; /* only the run directory's handler gets it */
	bool unrecorded; /* set by logger_handle(): the run directory's handler failed to write it
			  */
	/* The progress of a record that may be handed over again; otherwise NULL. */
	struct record_delivery *delivery;
};

/* record->given, or an empty one in static storage. */
const struct record_given *record_given(const struct log_record *record);

/* Attributes that are derived from others, as in Python, unless they were given: levelname, in
 * BUFFER, in static storage or the record's; filename; pathname, "(unknown file)" if it is unknown.
 */
const char *record_levelname(const struct log_record *record, char buffer[LEVEL_NAME_SIZE]);
const char *record_filename(const struct log_record *record);
const char *record_pathname(const struct log_record *record);

/* Append Python's module: os.path.splitext(filename)[0], for which leading dots begin no suffix. */
void record_add_module(const struct log_record *record, struct text *text);

/* Python's msecs, whole milliseconds unless given otherwise, and relativeCreated, counted from
 * START_US; both in microseconds. */
int64_t record_msecs_us(const struct log_record *record);
int64_t record_relative_us(const struct log_record *record, int64_t start_us);

/* Append attribute NAME, none of Python's own, as %(NAME)s prints it; false, and append nothing,
 * when RECORD has no such attribute. */
bool record_attribute(const struct log_record *record, const char *name, struct text *text);

/* Whether NAME is one of Python's own attributes, which every record has or formatting sets: no
 * `extra` may overwrite it. */
bool record_reserves(const char *name);

/* The name of attribute number INDEX, from 0, of those that are none of Python's own; NULL behind
 * the last. A name may occur twice; record_attribute() returns the value that counts. */
const char *record_attribute_name(const struct log_record *record, unsigned index);

/* The value that a filter has given attribute NAME; NULL when none has. */
const char *record_note(const struct log_record *record, const char *name);

/* A copy of STRING among RECORD's notes; NULL when there is no room. */
const char *record_keep(const struct log_record *record, const char *string);

/* Set attribute NAME to VALUE; both are copied. Returns 0 or -ENOBUFS. */
int record_set(const struct log_record *record, const char *name, const char *value);

/* Begin to hand the record over, from the first handler on, in the calling task, which calls
 * output_note(NULL) at the end. */
void delivery_begin(struct record_delivery *delivery);

/* Whether the next handler has not had the record; then delivery_done() must follow. NULL: true. */
bool delivery_is_due(struct record_delivery *delivery);

/* Note that the handler has had the record. NULL: do nothing. */
void delivery_done(struct record_delivery *delivery);
