/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logger.h - the logger tree, and how a record walks it: Python's Logger, Manager and lastResort.
 *
 * Made and changed by one thread at a time, in one arena; read by any, at any time, without a lock.
 * What a record reads is published in single words: a level, a flag, a parent, or a pointer to a
 * list that is never changed after it has been published, only replaced. A whole new configuration
 * is written beside the present one and comes into force by one store (see reconfigure.h). Nothing
 * is freed before the arena is, so that a thread in the middle of a record can finish it, and a
 * pointer to a logger stays valid as long. Signal-safe: logger_is_enabled_for(),
 * logger_effective_level(), logger_level(), logger_handle(), logging_hand_over() and
 * logging_flush(), yes: no allocation, lock, stdio, locale or time zone below them, and errno stays
 * as it was. The others, no. Threads: any for these six; each call has a scratch of its own.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/hash_table.h"
#include "core/logging/handler.h"
#include "core/logging/level.h"
#include "core/logging/record.h"

#include <stdatomic.h>

struct logging;

/* The settings of a logger. The lists are never NULL. */
struct logger_setup {
	atomic_int level; /* LEVEL_NOTSET: as the nearest ancestor that has one */
	atomic_bool propagate;
	atomic_bool disabled;
	const struct filter_list *_Atomic filters;
	const struct handler_list *_Atomic handlers;
};

struct logger {
	const char *name;	       /* "root" for the root logger */
	struct logger_setup setups[2]; /* that of logging->active is in force */
	struct logger *_Atomic parent; /* the nearest ancestor that exists; NULL for the root */
	struct logging *logging;
	struct logger *next;		 /* the one made before */
	atomic_uint_least64_t threshold; /* of logger_is_enabled_for(); 0: to be found */
	bool named;			 /* in the configuration that is being applied */
	bool heads;			 /* and loggers below it lose their settings */
};

/* A logger below a placeholder. */
struct name_child {
	struct logger *logger;
	struct name_child *next;
};

/* One name of a hierarchy: of a logger, or a placeholder (Python's PlaceHolder) for one that is
 * an ancestor of others and does not exist. */
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
	struct hash_table names; /* to struct name_entry: Python's Manager.loggerDict */
	/* The handlers of the configuration in force and what logging_track() added, the oldest
	 * first; never NULL. */
	const struct handler_list *_Atomic made;
	struct handler_list always; /* the run directory's, which get every record: see
				       logging_run_directory() */
	struct log_clock clock;
	atomic_uint active;	/* which of the two setups of each logger is in force: 0 or 1 */
	atomic_uint generation; /* odd; changes whenever a level may have changed */
	atomic_int disable;	/* records of this level and below are dropped */
	struct handler
		*last_resort;  /* for records without a handler; NULL: there is no last resort */
	bool raise_exceptions; /* print a message, once, for a record without a handler and a last
				  resort */
	atomic_bool said_no_handlers;
	/* How many records a handler had kept and its target then could not write;
	 * core/events/event_log.c takes them out and reports them. */
	atomic_uint late_losses;
	/* Called on the emit path when HANDLER fails to emit RECORD; ERROR is what handler_handle()
	 * returned. NULL: errors are ignored. */
	void (*on_error)(const struct handler *handler, const struct log_record *record, int error);
};

/*
 * The hierarchy of a program that has configured nothing: a root of level WARNING without handlers,
 * so that the last resort is used. ARENA owns it and all that is made in it. NULL when out of
 * memory.
 */
struct logging *logging_new(struct arena *arena);

/*
 * Set the time zone of asctime to TZ, the value of that variable (NULL: it is not set, so
 * /etc/localtime); without this call, or without memory, it is UTC. Reads a file: at configuration
 * only.
 */
void logging_set_zone(struct logging *logging, const char *tz);

/*
 * The logger of that dotted name, made if it is not there: level NOTSET, propagate true. NULL, ""
 * and "root" are the root. Loggers that are there already and belong below the new one become its
 * children, as in Python. Returns NULL only when out of memory.
 */
const struct logger *logging_get(struct logging *logging, const char *name);

/* The same, for a caller that changes it. */
struct logger *logging_get_mutable(struct logging *logging, const char *name);

/* The entry of NAME's first LENGTH bytes; NULL when there is none. At configuration. */
struct name_entry *logging_find_name(
	const struct logging *logging, const char *name, size_t length);

/* The setup of LOGGER that is in force. */
const struct logger_setup *logger_setup(const struct logger *logger);

/* The level that LOGGER itself has; Python's `level`. */
int logger_level(const struct logger *logger);

/* Python's setLevel(), propagate and disabled, in force at once. */
void logger_set_level(struct logger *logger, int level);
void logger_set_propagate(struct logger *logger, bool propagate);
void logger_set_disabled(struct logger *logger, bool disabled);

/* Python's logging.disable(): for all loggers, whatever their own levels are. */
void logging_disable(struct logging *logging, int level);

/* Add at the end of LOGGER's own handlers or filters, unless it is there already. Returns 0 or
 * -ENOMEM. */
int logger_add_handler(struct logger *logger, struct handler *handler);
int logger_add_filter(struct logger *logger, const struct filter *filter);

/* Remove from LOGGER's own handlers or filters, if it is there. Returns 0 or -ENOMEM. */
int logger_remove_handler(struct logger *logger, const struct handler *handler);
int logger_remove_filter(struct logger *logger, const struct filter *filter);

/*
 * Every record also goes to DIRECTORY/HOSTNAME.jsonl (run_directory_handler_new() has the
 * exceptions), as vigil.JsonFormatter writes it, whatever
 * the levels, filters and `disabled` of the user's loggers say, and nothing that the user's own
 * handlers get changes by it. It counts as a handler: there is no last resort any more. DIRECTORY
 * must be there; it is not created, neither now nor later. Strings are copied. Before any other
 * thread logs.
 *
 * Returns 0; -ENOMEM or -ENAMETOOLONG and nothing has changed; or another -errno when the file
 * cannot be opened now: it is in place then nevertheless, and every record tries again.
 */
int logging_run_directory(
	struct arena *arena, struct logging *logging, const char *directory, const char *hostname);

/* Python's getEffectiveLevel(). */
int logger_effective_level(const struct logger *logger);

/* Whether a record of LEVEL would reach a handler: to be called before a record is made. */
bool logger_is_enabled_for(const struct logger *logger, int level);

/*
 * Hands RECORD, whose `name` is set here if it has none, to the handlers of LOGGER and of its
 * ancestors, as Python's handle() does; where there is no handler at all, to the last resort:
 * WARNING and above to stderr.
 *
 * SCRATCH is an empty text over a buffer of the caller's, in which each handler formats;
 * EVENT_LINE_MAX bytes hold every event, in fewer the text is cut. Returns how many handlers failed
 * to write the record.
 */
int logger_handle(const struct logger *logger, struct log_record *record, struct text *scratch);

/* As handler_handle(); an error is passed to LOGGING's on_error, too. LOGGING may be NULL. For
 * handlers that hand records on. */
int logging_hand_over(const struct logging *logging, struct handler *handler,
	struct log_record *record, struct text *scratch);

/*
 * HANDLER, which no configuration has made, is closed by the next one and by logging_shutdown(),
 * as all handlers of Python are. Adding one twice is adding it once. Returns 0 or -ENOMEM.
 */
int logging_track(struct logging *logging, struct handler *handler);

/*
 * The process terminates behind RECORD: every handler that keeps records back, and is to be flushed
 * when it is closed, writes them, the newest handler first, formatted in SCRATCH.
 */
void logging_flush(
	const struct logging *logging, const struct log_record *record, struct text *scratch);

/* Close HANDLERS, the newest and so the last one first, each after a flush where it is to have one.
 */
void handlers_close(const struct handler_list *handlers);

/*
 * Python's logging.shutdown(): close all handlers that LOGGING's configuration or logging_track()
 * brought, so that what they kept back is written; errors are not reported. May be called again. A
 * record that comes later still finds its handlers, and those that append to a file open it again.
 * Not beside a configuration; others may log meanwhile.
 */
void logging_shutdown(struct logging *logging);
