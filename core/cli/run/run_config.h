/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_config.h - finds and validates the logging configuration of a run before anything is started.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/config/errors.h"

#include <limits.h>

/* Validate FILE, or if that is NULL the one that VIGIL_CONFIG names. Returns 0 and its absolute
 * path ("": there is no configuration); or -errno after its errors on stderr, a line each. */
int run_config_find(const char *file, char ret_path[PATH_MAX]);

/* Print the ERRORS of FILE on stderr, a line each, and NOW, what happens next: behind a single
 * error, else in a last line with their count. */
void config_refused(const char *file, const struct config_errors *errors, const char *now);
