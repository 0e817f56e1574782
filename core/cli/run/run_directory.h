/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_directory.h - the run directory, which holds the event files of a run.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/events/identity.h"

#include <limits.h>
#include <stdbool.h>

/* The options that name a run, of `run` and `env`: the first rows of their tables. */
enum directory_option { OPTION_DIRECTORY, OPTION_APPEND, OPTION_CONFIG, DIRECTORY_OPTION_COUNT_ };

#define DIRECTORY_OPTIONS                                              \
	[OPTION_DIRECTORY] = {'d', "directory", "DIR",                 \
		"record into DIR instead of ./vigil-<run id>"},        \
	[OPTION_APPEND] = {'a', "append", NULL,                        \
		"add to a directory that holds another run's events"}, \
	[OPTION_CONFIG] = {'c', "config", "FILE",                      \
		"log as FILE says (YAML, JSON or INI); refused if it is not valid"}

/* A run: where its events go, and its name. */
struct run_directory {
	char path[PATH_MAX];	 /* as the user gave it, for messages */
	char absolute[PATH_MAX]; /* for VIGIL_DIR: the job changes directories */
	char run_id[RUN_ID_SIZE];
	bool made;   /* the directory was not there before */
	bool shared; /* with another `vigil run`, which prints the verdict */
};

/* Which run a `vigil run` belongs to. */
enum run_kind {
	RUN_NESTED, /* that of the `vigil run` above it; without one, its own */
	RUN_NEW,    /* its own */
	RUN_WORKER, /* that of the `vigil run` above it; without one, of the batch job's step */
};

/*
 * Make the directory of a new run: WANTED, or ./vigil-<run id> if WANTED is NULL. An existing one
 * is accepted if it holds no events, or if APPEND. Returns 0, or -errno after one line on stderr;
 * then nothing was made.
 */
int run_directory_make(const char *wanted, bool append, struct run_directory *ret_rundir);

/*
 * Find the directory of a run that is shared: the one in VIGIL_DIR and VIGIL_RUN_ID, unless WANTED
 * is another one; else, for a worker, WANTED or ./vigil-<id of the job and step>, made if it is not
 * there. Returns 1 and *RET_RUNDIR; 0 if there is nothing to share; -errno after one line on
 * stderr.
 */
int run_directory_share(const char *wanted, enum run_kind kind, struct run_directory *ret_rundir);

/* Whether a process of USER can write events to RUNDIR, by the modes alone: groups are not looked
 * at. */
bool run_directory_lets_write(const struct run_directory *rundir, uid_t user);

/* The run has ended: remove its marks (core/base/run_mark.h), unless another `vigil run` does. */
void run_directory_clear_marks(const struct run_directory *rundir);

/* The command could not be started: remove the directory if it was made for it and is empty. */
void run_directory_discard(const struct run_directory *rundir);
