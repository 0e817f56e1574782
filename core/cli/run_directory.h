/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_directory.h - the directory that a run's events go to.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run.h"

/*
 * Make the directory of a new run: WANTED, or ./vigil-<run id> if WANTED is NULL. One that is there
 * is taken if nothing has been recorded in it, or if APPEND. Returns 0, or -errno after one line on
 * stderr; then nothing was made.
 */
int run_directory_make(const char *wanted, bool append, struct run_place *ret_place);

/*
 * The command could not be started: take the directory away again, if it was made for it and is
 * still empty.
 */
void run_directory_discard(const struct run_place *place);
