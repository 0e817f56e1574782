/* SPDX-License-Identifier: Apache-2.0 */
/*
 * configure.h - the logger hierarchy of this program, from the environment that it was started
 * with.
 *
 * Signal-safe: no. Threads: the constructor's, and the one that comes to main.
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

/* The loggers of this program's events, and of those that it reports its children; NULL: nothing
 * is reported. */
struct configured {
	const struct logger *worker, *agent;
	bool waits; /* the config has factories and is not in force: try again when they can run */
	bool recorded;	 /* there is a run directory that has all events */
	bool error_file; /* a rank that fails leaves torchrun's error file, if it has none */
	struct config_settings settings; /* also of a config that waits */
};

/*
 * The hierarchy compiled from FROM: the config where there is one, the run directory's file where
 * there is one, and with neither Python's last resort. Never fails: a config that is broken is said
 * once on stderr and left out, and so is one that has to wait, without a word; without memory both
 * are NULL.
 */
struct configured configure(const struct configure_from *from);
