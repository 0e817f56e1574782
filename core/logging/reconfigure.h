/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconfigure.h - a configuration, ready to be brought into force in a hierarchy that is perhaps in
 * use: what dictConfig and fileConfig do to the loggers that are there already.
 *
 * Signal-safe: no. Threads: one at a time; others may log meanwhile, and each of their records sees
 * the loggers either all as before or all as after.
 */
#pragma once

#include "core/logging/logger.h"

/* The settings of one logger in a configuration. */
struct logger_plan {
	const char *name;
	bool has_level, has_propagate; /* else the level, or propagate, stays as it is */
	int level;
	bool propagate;
	bool keeps_disabled; /* `disabled` stays as it is, too: the root's section has no such
				setting */
	struct handler_list handlers; /* instead of those that the logger has */
	struct filter_list
		filters; /* added to those that the logger has: Python never removes one */
	bool known;	 /* set by logging_apply(): it, or a placeholder for it, was there before */
	struct logger_plan *next;
};

/* A new level for a handler that exists. */
struct handler_plan {
	struct handler *handler;
	int level;
	struct handler_plan *next;
};

struct logging_plan {
	struct logger_plan *loggers, **end; /* in their order; a logger may come twice */
	bool incremental;		    /* levels and propagate only */
	bool disable_existing;		    /* whether loggers that it does not name are disabled */
	struct handler_list handlers;	    /* all that it defines, used or not,
				       the oldest first */
	struct handler_plan *handler_levels; /* incremental */
};

/* Add a logger at the end of PLAN->loggers, zeroed but for its name. NULL when out of memory. */
struct logger_plan *plan_logger(struct arena *arena, struct logging_plan *plan, const char *name);

/*
 * Bring PLAN, which lives as long as LOGGING, into force. If it is not incremental, loggers that
 * it does not name are disabled or enabled again as disable_existing says; but those below one that
 * it names lose their level and handlers instead; and the handlers that were made before are
 * closed, the newest first. Returns 0, or -ENOMEM and all is as before, but that loggers may have
 * been made.
 */
int logging_apply(struct logging *logging, struct logging_plan *plan);

/* The handler of that name in the configuration in force; NULL when there is none. */
struct handler *logging_handler(const struct logging *logging, const char *name);
