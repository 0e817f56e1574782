/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_directory.h - the directory that a run's events go to.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run.h"

/* The options of a run's place, which `run` and `env` share: the first rows of their tables. */
enum place_option { OPTION_DIRECTORY, OPTION_APPEND, OPTION_CONFIG, PLACE_OPTION_COUNT_ };

#define PLACE_OPTIONS                                                                              \
	[OPTION_DIRECTORY] = { 'd', "directory", "DIR",                                            \
		"record into DIR instead of ./vigil-<run id>" },                                   \
	[OPTION_APPEND] = { 'a', "append", NULL,                                                   \
		"add to a directory that holds another run's events" },                            \
	[OPTION_CONFIG] = { 'c', "config", "FILE",                                                 \
		"log as FILE says (YAML, JSON or INI); refused if it is not valid" }

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
