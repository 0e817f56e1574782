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
	const char *config; /* VIGIL_CONFIG; NULL: not set */
	const char *zone;   /* TZ; NULL: not set */
	enum color_where color;
	struct run_context run; /* its directory is VIGIL_DIR; NULL: not set */
	bool factories;		/* those of the config can run */
};

/* The loggers of this program's events, and of its events about other processes; NULL: none are
 * logged. */
struct configured {
	const struct logger *worker, *agent;
	bool waits;	 /* the config has factories and is not in force: lifecycle_wait() */
	bool recorded;	 /* there is a run directory that gets all events */
	bool error_file; /* a rank that fails writes torchrun's error file, if there is none */
	struct config_settings settings; /* also of a config that waits */
};

/*
 * The loggers that FROM asks for: those of the config, if there is one; in addition the run
 * directory's file, if there is one, which a config cannot take away, as the verdict needs its
 * events; with neither, Python's handler of last resort. Never fails: a config that is refused is
 * printed on stderr and left out, one that has to wait is left out; without memory both loggers are
 * NULL.
 *
 * A refused config is printed by one process of a run, which leaves a mark in the run directory; a
 * mark in a directory without a run's id holds for an hour, as the next job may have the same
 * directory. Without a directory rank 0 prints, or in a program without a rank the process that has
 * no parent, leader of its group or leader of its session with the same config: an exec'd program
 * (`env`, `nohup`) prints again.
 */
struct configured configure(const struct configure_from *from);
