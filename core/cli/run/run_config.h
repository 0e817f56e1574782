/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_config.h - the configuration of a run, looked at before anything is started, and how one that
 * is refused is reported.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/config/errors.h"

#include <limits.h>

struct run_config {
	char path[PATH_MAX]; /* absolute; "": there is none */
};

/*
 * Look at FILE, or if that is NULL at the one that VIGIL_CONFIG names. Returns 0 and what it is, or
 * -errno after its errors on stderr, a line each.
 */
int run_config_read(const char *file, struct run_config *ret_config);

/*
 * The ERRORS of FILE on stderr, a line each: one alone with what comes of it, NOW, behind it; else
 * the last line counts them and says so.
 */
void config_refused(const char *file, const struct config_errors *errors, const char *now);
