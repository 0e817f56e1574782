/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logger.h - the logger tree, and how a record walks it: Python's Logger, Manager and lastResort.
 *
 * One thread at a time makes and changes the tree, in one arena; any thread reads it at any time
 * without a lock. Everything that a record reads is published in single words: a level, a flag, a
 * parent, or a pointer to a list, which is never changed once published, only replaced. A whole new
 * configuration is written beside the present one and comes into force by one store (see
 * reconfigure.h). Nothing is freed before the arena is, so that a thread can always finish a
 * record, and pointers to loggers stay valid. Signal-safe: logger_is_enabled_for(),
 * logger_effective_level(), logger_level(), logger_handle(), logging_hand_over() and
 * logging_flush(), yes: they use no allocation, lock, stdio, locale or time zone, and preserve
 * errno; the others, no. Threads: any for these six; each call has a scratch buffer of its own.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/hash_table.h"
#include "core/base/timezone.h"
#include "core/logging/handler.h"
#include "core/logging/level.h"
#include "core/logging/record.h"

#include <stdatomic.h>

struct logging;

/* The settings of a logger. The lists are never NULL. */
struct logger_setup {
	atomic_int level; /* LEVEL_NOTSET: the nearest ancestor's that is set */
	atomic_bool propagate;
	atomic_bool disabled;
	const struct filter_list *_Atomic filters;
	const struct handler_list *_Atomic handlers;
};

struct logger {
	const char *name;	       /* "root" for the root logger */
	struct logger_setup setups[2]; /* setups[logging->active] is in force */
	struct logger *_Atomic parent; /* the nearest ancestor that exists; NULL for the root */
	struct logging *logging;
	struct logger *next;		 /* the logger made before this one */
	atomic_uint_least64_t threshold; /* cached for logger_is_enabled_for(); 0: not computed */
	bool named;			 /* the configuration that is being applied names it */
	bool heads;			 /* likewise, and loggers below it lose their settings */
};

/* A logger below a placeholder. */
struct name_child {
	struct logger *logger;
	struct name_child *next;
};

/* One name of a hierarchy: a logger's, or a placeholder (Python's PlaceHolder) for an ancestor of
 * loggers that itself does not exist. */
struct name_entry {
	const char *name;
	size_t length;
	struct logger *logger;	     /* NULL: a placeholder */
	struct name_child *children; /* of a placeholder: the loggers below it, the newest first */
};

/* The root object: a hierarchy. */
struct logging {
	struct arena *arena;
	struct logger root;
	struct logger *loggers;	 /* all but the root, the newest first */
	struct hash_table names; /* maps to struct name_entry: Python's Manager.loggerDict */
	/* The handlers of the configuration in force and those that logging_track() added, the
	 * oldest first; never NULL. */
	const struct handler_list *_Atomic made;
	struct handler_list always; /* the run directory's handler, which gets every record: see
				       logging_run_directory() */
	struct log_clock clock;
	atomic_uint active;	     /* the index of each logger's setup in force: 0 or 1 */
	atomic_uint generation;	     /* odd; changes whenever a level may have changed */
	atomic_int disable;	     /* records of this level and below are dropped */
	struct handler *last_resort; /* for records without a handler; NULL: none */
	bool raise_exceptions; /* print a message, once, when a record finds neither a handler nor a
				  last resort */
	atomic_bool said_no_handlers;
	/* How many records handlers had buffered and their targets then could not write;
	 * core/events/event_log.c resets the count and reports it. */
	atomic_uint late_losses;
	/* Called on the emit path when HANDLER fails to emit RECORD; ERROR is what handler_handle()
	 * returned. NULL: errors are ignored. */
	void (*on_error)(const struct handler *handler, const struct log_record *record, int error);
};

/*
 * Make the hierarchy of a program that has configured nothing: a root of level WARNING without
 * handlers, so that the last resort is used. ARENA owns the hierarchy and everything made in it.
 * NULL when out of memory.
 */
struct logging *logging_new(struct arena *arena);

/*
 * Set the time zone of asctime to the one that VARIABLES name; without this call, or without
 * memory, it is UTC. Reads a file: at configuration only.
 */
void logging_set_zone(struct logging *logging, const struct timezone_variables *variables);

/*
 * The logger with the dotted NAME; NULL, "" and "root" are the root. If it does not exist, it is
 * made with level NOTSET and propagate true, and existing loggers below NAME become its children,
 * as in Python. Returns NULL only when out of memory.
 */
struct logger *logging_get(struct logging *logging, const char *name);

/* The entry of NAME's first LENGTH bytes; NULL when there is none. At configuration. */
struct name_entry *logging_find_name(
	const struct logging *logging, const char *name, size_t length);

/* The setup of LOGGER that is in force. */
const struct logger_setup *logger_setup(const struct logger *logger);

/* LOGGER's own level, Python's `level`. */
int logger_level(const struct logger *logger);

/* Set Python's level, propagate and disabled; they are in force at once. */
void logger_set_level(struct logger *logger, int level);
void logger_set_propagate(struct logger *logger, bool propagate);
void logger_set_disabled(struct logger *logger, bool disabled);

/* Python's logging.disable(): for all loggers, whatever their own levels are. */
void logging_disable(struct logging *logging, int level);

/* Append to LOGGER's own handlers or filters, unless it is there already. Returns 0 or -ENOMEM. */
int logger_add_handler(struct logger *logger, struct handler *handler);
int logger_add_filter(struct logger *logger, const struct filter *filter);

/* Remove from LOGGER's own handlers or filters, if it is there. Returns 0 or -ENOMEM. */
int logger_remove_handler(struct logger *logger, const struct handler *handler);
int logger_remove_filter(struct logger *logger, const struct filter *filter);

/*
 * Make every record also go to DIRECTORY/HOSTNAME.jsonl (see run_directory_handler_new()),
 * formatted by vigil.JsonFormatter, whatever the levels, filters and `disabled` of the user's
 * loggers are; the user's own handlers get the same records as before. The file counts as a
 * handler: the last resort is not used any more. DIRECTORY must exist; it is never created, but
 * that of SPARE is, where DIRECTORY is not there. Strings are copied. To be called before any other
 * thread logs.
 *
 * Returns 0; -ENOMEM or -ENAMETOOLONG, and nothing has changed; or another -errno when the file
 * cannot be opened now: the handler is in place nevertheless, and every record tries again.
 */
int logging_run_directory(struct arena *arena, struct logging *logging, const char *directory,
	const struct run_spare *spare, const char *hostname);

/* Python's getEffectiveLevel(). */
int logger_effective_level(const struct logger *logger);

/* Whether a record of LEVEL would reach a handler: to be called before a record is made. */
bool logger_is_enabled_for(const struct logger *logger, int level);

/*
 * Hand RECORD, whose `name` is set here if it has none, to the handlers of LOGGER and of its
 * ancestors, as Python's handle() does; if there is no handler at all, to the last resort: WARNING
 * and above to stderr.
 *
 * SCRATCH is an empty text in a buffer of the caller's, in which each handler formats;
 * EVENT_LINE_MAX bytes hold every event, in fewer bytes the text may be cut. Returns how many
 * handlers failed to write RECORD.
 */
int logger_handle(const struct logger *logger, struct log_record *record, struct text *scratch);

/* For handlers that hand records on: handler_handle(), which passes an error to LOGGING's on_error,
 * too. LOGGING may be NULL. */
int logging_hand_over(const struct logging *logging, struct handler *handler,
	struct log_record *record, struct text *scratch);

/*
 * Make the next configuration and logging_shutdown() close HANDLER, which no configuration has
 * made, as Python closes all handlers. Tracking a handler twice has no further effect. Returns 0 or
 * -ENOMEM.
 */
int logging_track(struct logging *logging, struct handler *handler);

/* Flush the handlers that buffer records, unless unflushed_at_close, the newest handler first; the
 * records are formatted in SCRATCH. RECORD is the process's last one. */
void logging_flush(
	const struct logging *logging, const struct log_record *record, struct text *scratch);

/* Close HANDLERS, the last and so the newest one first. */
void handlers_close(const struct handler_list *handlers);

/*
 * Python's logging.shutdown(): close all handlers of LOGGING's configuration and of
 * logging_track(), which writes the records that they have buffered; errors are not reported. May
 * be called again. A later record still finds its handlers, and those that append to a file open it
 * again. Not concurrently with a configuration; other threads may log meanwhile.
 */
void logging_shutdown(struct logging *logging);
