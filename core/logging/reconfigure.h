/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconfigure.h - brings a configuration into force in a hierarchy that may be in use, as
 * dictConfig and fileConfig do with existing loggers.
 *
 * Signal-safe: no. Threads: one at a time; others may log meanwhile, and each of their records sees
 * the loggers either all as before or all as after.
 */
#pragma once

#include "core/logging/logger.h"

/* The settings of one logger in a configuration. */
struct logger_plan {
	const char *name;
	bool has_level, has_propagate; /* if not, the level, or propagate, stays as it is */
	int level;
	bool propagate;
	bool keeps_disabled; /* `disabled` stays as it is: for the root, whose section has no such
				setting */
	struct handler_list handlers; /* replace the logger's present handlers */
	struct filter_list
		filters; /* are added to the logger's present filters: Python never removes one */
	bool known; /* set by logging_apply(): the logger, or a placeholder for it, existed before
		     */
	struct logger_plan *next;
};

/* A new level for an existing handler. */
struct handler_plan {
	struct handler *handler;
	int level;
	struct handler_plan *next;
};

struct logging_plan {
	struct logger_plan *loggers,
		**end;		      /* in the configuration's order; a logger may occur twice */
	bool incremental;	      /* levels and propagate only */
	bool disable_existing;	      /* whether loggers that the plan does not name are disabled */
	struct handler_list handlers; /* all that the plan defines, used or not, the oldest first */
	struct handler_plan *handler_levels; /* incremental */
};

/* Append a logger to PLAN->loggers, zeroed except for its name. NULL when out of memory. */
struct logger_plan *plan_logger(struct arena *arena, struct logging_plan *plan, const char *name);

/*
 * Bring PLAN, which lives as long as LOGGING, into force. If PLAN is not incremental, the loggers
 * that it does not name are disabled or enabled according to disable_existing, except that loggers
 * below a named one lose their level and handlers instead; and the previous handlers are closed,
 * the newest first. Returns 0; or -ENOMEM, and nothing has changed, except that loggers may have
 * been made.
 */
int logging_apply(struct logging *logging, struct logging_plan *plan);

/* The handler called NAME, the newest of several; NULL when there is none. */
struct handler *logging_handler(const struct logging *logging, const char *name);
