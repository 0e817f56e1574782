/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logger.h - the logger tree, and how a record walks it: Python's Logger, Manager and lastResort.
 *
 * Made and changed by one thread at a time, in one arena; read by any, at any time, without a lock.
 * What a record reads is published in single words: a level, a flag, a parent, or a pointer to a
 * list that is never changed after it has been published, only replaced. A whole new configuration
 * is written beside the present one and comes into force by one store (see reconfigure.h). Nothing
 * is freed before the arena is, so that whoever is in the middle of a record can finish it, and a
 * pointer to a logger is good for as long.
 * Signal-safe: logger_is_enabled_for(), logger_effective_level(), logger_level(), logger_handle()
 * and logging_hand_over(), yes: no allocation, lock, stdio, locale or time zone below them, and
 * errno stays as it was. The others, no. Threads: any for these five; each call has a scratch of
 * its own.
 */
#pragma once

#include "core/base/arena.h"
#include "core/logging/handler.h"
#include "core/logging/level.h"
#include "core/logging/name_table.h"
#include "core/logging/record.h"

#include <stdatomic.h>

struct logging;

/* What can be configured of a logger. The lists are never NULL. */
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
	struct logger *_Atomic parent; /* the nearest existing ancestor; NULL for the root */
	struct logging *logging;
	struct logger *next;		 /* the one made before */
	atomic_uint_least64_t threshold; /* of logger_is_enabled_for(); 0: to be found */
	bool named;			 /* by the configuration that is being applied */
	bool heads;			 /* and what is below it loses its settings */
};

/* The root object: a hierarchy. */
struct logging {
	struct arena *arena;
	struct logger root;
	struct logger *loggers; /* all but the root, the newest first */
	struct name_table names;
	/* The handlers of the configuration in force and what logging_track() added, the oldest
	 * first; never NULL. */
	const struct handler_list *_Atomic made;
	struct handler_list always; /* of the run directory: they get every record, see
				       logging_run_directory() */
	struct log_clock clock;
	atomic_uint active;	     /* which of its two setups each logger has: 0 or 1 */
	atomic_uint generation;	     /* odd; another one whenever a level may have changed */
	atomic_int disable;	     /* records of this level and below go nowhere */
	struct handler *last_resort; /* for records that find no handler; NULL: none */
	bool raise_exceptions; /* say so once when a record found no handler nor last resort */
	atomic_bool said_no_handlers;
	/* Records that a handler had kept back, and which its target then could not write; whoever
	 * counts losses takes them out. */
	atomic_uint late_losses;
	/* What HANDLER could not do with RECORD, as handler_handle() returned it; on the emit path.
	 * NULL: nobody wants to know. */
	void (*on_error)(const struct handler *handler, const struct log_record *record, int error);
};

/*
 * The hierarchy of a program that configured nothing: a root of level WARNING without handlers, so
 * that Python's last resort speaks. NULL when out of memory. ARENA owns it and all that comes from
 * it.
 */
struct logging *logging_new(struct arena *arena);

/*
 * The time zone of asctime, as TZ says it (NULL: TZ is not set, so /etc/localtime); without this
 * call, or without memory, UTC. Reads a file: at configuration only.
 */
void logging_set_zone(struct logging *logging, const char *tz);

/*
 * The logger of that dotted name, made if it is not there: level NOTSET, propagate true. NULL, ""
 * and "root" are the root. Loggers that are there already and belong below the new one become its
 * children, as in Python. Returns NULL only when out of memory.
 */
const struct logger *logging_get(struct logging *logging, const char *name);

/* The same for who changes it. */
struct logger *logging_get_mutable(struct logging *logging, const char *name);

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

/* At the end of LOGGER's own ones. Adding one twice is adding it once. Returns 0 or -ENOMEM. */
int logger_add_handler(struct logger *logger, struct handler *handler);
int logger_add_filter(struct logger *logger, const struct filter *filter);

/* Where it is not there, nothing happens. Returns 0 or -ENOMEM. */
int logger_remove_handler(struct logger *logger, const struct handler *handler);
int logger_remove_filter(struct logger *logger, const struct filter *filter);

/*
 * Every record also goes to DIRECTORY/HOSTNAME.jsonl (run_directory_handler_new() has the
 * exceptions), as vigil.JsonFormatter writes it, whatever
 * the levels, filters and `disabled` of the user's loggers say, and nothing that the user's own
 * handlers get changes by it. It counts as a handler: there is no last resort any more. DIRECTORY
 * must be there; it is not made, and not made again. Strings are copied. Before any other thread
 * logs.
 *
 * Returns 0; -ENOMEM or -ENAMETOOLONG and nothing has changed; or another -errno when the file
 * cannot be opened now: it is in place then nevertheless, and every record tries again.
 */
int logging_run_directory(
	struct arena *arena, struct logging *logging, const char *directory, const char *hostname);

/* Python's getEffectiveLevel(). */
int logger_effective_level(const struct logger *logger);

/* Would a record of LEVEL go anywhere? What callers ask before they make one. */
bool logger_is_enabled_for(const struct logger *logger, int level);

/*
 * Hands RECORD, whose `name` is set here if it has none, to the handlers of LOGGER and of its
 * ancestors, as Python's handle() does; where there is no handler at all, to the last resort:
 * WARNING and above to stderr.
 *
 * SCRATCH is an empty text over a buffer of the caller's, in which each handler formats;
 * EVENT_LINE_MAX bytes hold every event, in fewer the text is cut. Returns how many handlers could
 * not write the record: 0, it is delivered.
 */
int logger_handle(const struct logger *logger, struct log_record *record, struct text *scratch);

/* handler_handle(), and an error that it returns is reported to LOGGING's on_error, too; LOGGING
 * may be NULL. For handlers that hand records on. */
int logging_hand_over(const struct logging *logging, struct handler *handler,
	struct log_record *record, struct text *scratch);
