/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logger.h - the logger tree, and how a record walks it: Python's Logger, Manager and lastResort.
 *
 * A tree is built at configuration, by one thread, in one arena, and then only read. A new
 * configuration is a new tree. Signal-safe: logger_is_enabled_for() and logger_handle(), yes: no
 * allocation, lock, stdio, locale or time zone below them, and errno stays as it was. The others,
 * no. Threads: any for these two; each call has a scratch of its own.
 */
#pragma once

#include "core/base/arena.h"
#include "core/logging/handler.h"
#include "core/logging/level.h"
#include "core/logging/record.h"

struct logging;

/* In the order in which they were added. All zero is an empty list. */
struct handler_list {
	struct handler **items;
	size_t count;
};

struct logger {
	const char *name; /* "root" for the root logger */
	int level;	  /* LEVEL_NOTSET: as the nearest ancestor that has one */
	bool propagate;
	bool disabled;
	struct filter_list filters;
	struct handler_list handlers;
	struct logger *parent; /* the nearest existing ancestor; NULL for the root */
	const struct logging *logging;
	struct logger *next; /* the one made before */
};

/* The root object: everything that one configuration is. */
struct logging {
	struct arena *arena;
	struct logger root;
	struct logger *loggers;	    /* all but the root, the newest first */
	struct handler_list always; /* of the run directory: they get every record, see
				       logging_run_directory() */
	struct log_clock clock;
};

/*
 * The hierarchy of a program that configured nothing: a root of level WARNING without handlers, so
 * that Python's last resort speaks. NULL when out of memory. ARENA owns it and all that comes from
 * it.
 */
struct logging *logging_new(struct arena *arena);

/*
 * The time zone of asctime, as TZ says it (NULL: TZ is not set, so /etc/localtime); without this
 * call, UTC. Reads a file: at configuration only.
 */
void logging_set_zone(struct logging *logging, const char *tz);

/*
 * The logger of that dotted name, made if it is not there: level NOTSET, propagate true. NULL, ""
 * and "root" are the root. At configuration only. Returns NULL only when out of memory.
 */
const struct logger *logging_get(struct logging *logging, const char *name);

/* The same for the configurator, which sets it up. */
struct logger *logging_get_mutable(struct logging *logging, const char *name);

/* The root's or a logger's handlers. Adding one twice is adding it once. Returns 0 or -ENOMEM. */
int logger_add_handler(struct logger *logger, struct handler *handler);

/*
 * Every record also goes to DIRECTORY/HOSTNAME.jsonl, as vigil.JsonFormatter writes it, whatever
 * the levels, filters and `disabled` of the user's loggers say, and nothing that the user's own
 * handlers get changes by it. It counts as a handler: there is no last resort any more. DIRECTORY
 * must be there; it is not made, and not made again. Strings are copied.
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
 * Hands RECORD, whose `name` is set here, to the handlers of LOGGER and of its ancestors, as
 * Python's handle() does; where there is no handler at all, to the last resort: WARNING and above
 * to stderr.
 *
 * SCRATCH is an empty text over a buffer of the caller's, in which each handler formats;
 * EVENT_LINE_MAX bytes hold every event, in fewer the text is cut. Returns how many handlers could
 * not write the record: 0, it is delivered.
 */
int logger_handle(const struct logger *logger, struct log_record *record, struct text *scratch);
