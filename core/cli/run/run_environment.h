/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_environment.h - the variables by which a job under watch differs from one that is not.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_common.h"

/* The variables of one run, in the order in which they are exported. */
enum run_variable {
	RUN_LD_PRELOAD,
	RUN_DIR,
	RUN_ID,
	RUN_ASAN_OPTIONS,
	RUN_CONFIG,
	RUN_VARIABLE_COUNT_
};

struct run_variables {
	char *values[RUN_VARIABLE_COUNT_]; /* each malloc()ed; NULL: this run does not set it */
};

/* "LD_PRELOAD" … */
const char *run_variable_name(enum run_variable variable);

/*
 * The values for a run at PLACE with the library PRELOAD and CONFIG (absolute; "": none). What is
 * in LD_PRELOAD and ASAN_OPTIONS stays. The CALLER OWNS them: run_variables_free(). Returns 0 or
 * -ENOMEM; then nothing is held.
 */
int run_variables_make(const struct run_directory *rundir, const char *preload, const char *config,
	struct run_variables *ret_variables);
void run_variables_free(struct run_variables *variables);

/*
 * FIRST in front of LIST (NULL or "": there is none) with a colon between; LIST as it is if FIRST
 * is in it already. malloc()ed, NULL when there is no memory. Colons and blanks separate, as in
 * LD_PRELOAD.
 */
char *run_list_prepend(const char *list, const char *first);

/*
 * A copy of INHERITED with VARIABLES in it: in place where a name was set, else behind the rest.
 * Its strings are INHERITED's own, or copies of VARIABLES; kept until the process ends. NULL when
 * there is no memory.
 */
char **run_environment(char *const *inherited, const struct run_variables *variables);

/*
 * Move this process's own variables from where the kernel shows them in /proc/PID/environ, and
 * blank that. A rank's variables there would make its parent, this wrapper, look like the rank
 * itself (identity_is_leader()).
 */
void run_environment_hide(void);
