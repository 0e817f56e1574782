/* SPDX-License-Identifier: Apache-2.0 */
/*
 * configure.h - the logger hierarchy of this program, from the environment that it was started with.
 *
 * Signal-safe: no. Threads: the constructor's.
 */
#pragma once

#include "core/logging/handler.h"

struct logger;

struct configure_from {
	const char *config;	/* VIGIL_CONFIG; NULL: not set */
	const char *zone;	/* TZ; NULL: not set */
	struct run_context run; /* its directory is VIGIL_DIR; NULL: not set */
};

/*
 * The logger of this program's events, compiled from FROM: the config where there is one, the run directory's file where there is
 * one, and with neither Python's last resort. Never fails: a config that is broken is said once on stderr and left out.
 * NULL, when there is no memory: then nothing is told.
 */
const struct logger *configure(const struct configure_from *from);
