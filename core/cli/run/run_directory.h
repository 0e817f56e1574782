/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_directory.h - the directory that a run's events go to.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_common.h"

/* The options of a run's place, which `run` and `env` share: the first rows of their tables. */
enum directory_option { OPTION_DIRECTORY, OPTION_APPEND, OPTION_CONFIG, DIRECTORY_OPTION_COUNT_ };

#define DIRECTORY_OPTIONS                                              \
	[OPTION_DIRECTORY] = {'d', "directory", "DIR",                 \
		"record into DIR instead of ./vigil-<run id>"},        \
	[OPTION_APPEND] = {'a', "append", NULL,                        \
		"add to a directory that holds another run's events"}, \
	[OPTION_CONFIG] = {'c', "config", "FILE",                      \
		"log as FILE says (YAML, JSON or INI); refused if it is not valid"}

/*
 * Make the directory of a new run: WANTED, or ./vigil-<run id> if WANTED is NULL. One that is there
 * is taken if nothing has been recorded in it, or if APPEND. Returns 0, or -errno after one line on
 * stderr; then nothing was made.
 */
int run_directory_make(const char *wanted, bool append, struct run_directory *ret_rundir);

/* Which run a `vigil run` belongs to. */
enum run_kind {
	RUN_NESTED, /* that of the `vigil run` above it; without one, its own */
	RUN_NEW,    /* its own */
	RUN_WORKER, /* that of the `vigil run` above it; without one, of the batch job's step */
};

/*
 * The directory of a run that is shared: the one that VIGIL_DIR and VIGIL_RUN_ID name, unless
 * WANTED is another; for a worker else WANTED, or ./vigil-<id of the job and step>, made if it is
 * not there. Returns 1 and the place; 0 if there is nothing to share; -errno after one line on
 * stderr.
 */
int run_directory_share(const char *wanted, enum run_kind kind, struct run_directory *ret_rundir);

/* The run of PLACE has ended: whoever made it takes its marks (core/base/run_mark.h) away. */
void run_directory_clear_marks(const struct run_directory *rundir);

/*
 * The command could not be started: take the directory away again, if it was made for it and is
 * still empty.
 */
void run_directory_discard(const struct run_directory *rundir);
