/* SPDX-License-Identifier: Apache-2.0 */
/*
 * configure.h - the loggers of this program, from the environment that it was started with.
 *
 * Signal-safe: no. Threads: the first, in the constructor and before main.
 */
#pragma once

#include "core/config/settings.h"
#include "core/logging/handler.h"

#include <stdbool.h>

struct logger;

struct configure_from {
	char *const *environment;
	const char *config; /* VIGIL_CONFIG; NULL: not set */
	struct timezone_variables zone;
	enum color_where color;
	struct run_context run; /* its directory is VIGIL_DIR; NULL: not set */
	bool factories;		/* the factories of the config can run now */
};

/* The loggers of the events of this program (WORKER) and of its events about other processes
 * (AGENT); NULL: such events are not logged. */
struct configured {
	const struct logger *worker, *agent;
	bool waits;	 /* the config has factories and is not in force: lifecycle_wait() */
	bool recorded;	 /* there is a run directory that gets all events */
	bool error_file; /* a rank that fails writes torchrun's error file, if there is none */
	struct config_settings settings; /* also of a config that waits */
};

/*
 * Make the loggers that FROM asks for: those of the config, if there is one; in addition the run
 * directory's file, if there is one, which a config cannot take away, because the verdict needs its
 * events; with neither, Python's handler of last resort. Never fails: a config that is refused is
 * reported on stderr and not used, one that has to wait is not used; without memory both loggers
 * are NULL.
 *
 * One process of a run reports a refused config, and leaves a mark in the run directory; if the run
 * has no id, the mark is valid for an hour, because the next job may have the same directory.
 * Without a directory rank 0 reports it, or if there is no rank, a process whose parent, group
 * leader and session leader have another config or none. A program that was exec'd (`env`, `nohup`)
 * reports it again.
 */
struct configured configure(const struct configure_from *from);
