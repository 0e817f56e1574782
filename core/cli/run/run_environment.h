/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_environment.h - the variables by which a job is watched, and how they reach its processes: by
 * the environment, and on the command line of Open MPI's launcher.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_directory.h"

/* The variables of one run, in the order in which `vigil env` prints them. */
enum run_variable {
	RUN_LD_PRELOAD,
	RUN_DIR,
	RUN_ID,
	RUN_ASAN_OPTIONS,
	RUN_CONFIG,
	RUN_TO,	      /* set by run_transport.h */
	RUN_TO_TOKEN, /* likewise */
	RUN_VARIABLE_COUNT_
};

/* "LD_PRELOAD" … */
const char *run_variable_name(enum run_variable variable);

/* The value of VARIABLE in our environment; NULL if it is not set, or empty. */
const char *run_variable_value(enum run_variable variable);

/* Set the variables in our own environment, which the command inherits, for the run in RUNDIR with
 * the library PRELOAD and the configuration CONFIG (absolute; "": none). The present values of
 * LD_PRELOAD and ASAN_OPTIONS are kept. Returns 0 or -ENOMEM. */
int run_variables_set(const struct run_directory *rundir, const char *preload, const char *config);

/* A copy of ARGV, the command line of Open MPI's launcher, with "-x NAME" behind argv[0] and each
 * ":", since an option is for one program of several, for each variable that is set: this launcher
 * passes only the named variables on to remote ranks (Hydra, srun and torchrun pass their whole
 * environment on). An "-x LD_PRELOAD=VALUE" of the user's gets
 * PRELOAD in front of its value; a variable that the user names already is not added. Where the
 * command line or the environment has mca_base_env_list, which excludes -x, nothing is added. It is
 * malloc()ed and never freed; NULL when there is no memory. */
char **open_mpi_arguments(char *const *argv, const char *preload);

/* Move our environment to other memory, and blank the memory that the kernel shows as
 * /proc/PID/environ. A rank's variables there would make this process, the parent of the rank, look
 * like the rank itself (identity_is_leader()). */
void run_environment_hide(void);
