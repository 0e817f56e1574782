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

/* The options of `run` and `env` that describe a run: the first rows of both tables of options. */
enum directory_option {
	OPTION_DIRECTORY,
	OPTION_APPEND,
	OPTION_CONFIG,
	OPTION_RUN_ID,
	DIRECTORY_OPTION_COUNT_
};

#define DIRECTORY_OPTIONS                                                            \
	[OPTION_DIRECTORY] = {'d', "directory", "DIR",                               \
		"record into DIR instead of ./vigil-<run id>"},                      \
	[OPTION_APPEND] = {'a', "append", NULL,                                      \
		"add to a directory that holds another run's events"},               \
	[OPTION_CONFIG] = {'c', "config", "FILE",                                    \
		"log as FILE says (YAML, JSON or INI); refused if it is not valid"}, \
	[OPTION_RUN_ID] = {                                                          \
		'\0', "run-id", "ID", "the run that vigil runs on several hosts make together"}

/* In the run directory: a link to the preload, where LD_PRELOAD could not express its path. */
#define RUN_DIRECTORY_PRELOAD "/libvigil.so"

/* A run: where its events go, and its name. */
struct run_directory {
	char path[PATH_MAX];	 /* as the user gave it, for messages */
	char absolute[PATH_MAX]; /* absolute, for VIGIL_DIR: the job may change directories */
	char run_id[RUN_ID_SIZE];
	bool made;   /* the directory was not there before */
	bool shared; /* it belongs to another `vigil run`, which prints the verdict */
	bool joint;  /* `vigil run`s on other hosts, of the same run id, may be part of the run */
};

/* Which run a `vigil run` belongs to. */
enum run_kind {
	RUN_NESTED, /* the run of the `vigil run` above it; without one, its own */
	RUN_NEW,    /* its own */
	RUN_WORKER, /* the run of the `vigil run` above it; without one, of the job's step */
};

/* Make the directory of a run: WANTED, or ./vigil-<run id> if WANTED is NULL. NAME is the id of a
 * run that several `vigil run`s make, each with event files of its own (run_id.h); NULL: a new id
 * is drawn. An existing directory is accepted if it holds no events, or events of run NAME, or if
 * APPEND. Returns 0, or -errno after one line on stderr; then nothing was made. */
int run_directory_make(
	const char *wanted, bool append, const char *name, struct run_directory *ret_rundir);

/* Find the directory of a run that is shared: the one that VIGIL_DIR and VIGIL_RUN_ID name, unless
 * WANTED is another directory; else, for a worker, WANTED or ./vigil-<id of the job and step>,
 * which is made if it does not exist. Returns 1 and *RET_RUNDIR; 0 if there is nothing to share;
 * -errno after one line on stderr. */
int run_directory_share(const char *wanted, enum run_kind kind, struct run_directory *ret_rundir);

/* Whether a process of USER can write events to RUNDIR, judged by the mode alone, and as if every
 * user were in its group. */
bool run_directory_lets_write(const struct run_directory *rundir, uid_t user);

/* Remove the marks of a run that has ended (run_mark.h), unless another `vigil run` does. */
void run_directory_clear_marks(const struct run_directory *rundir);

/* Remove the directory, if it was made for a run whose command could not be started. */
void run_directory_discard(const struct run_directory *rundir);
