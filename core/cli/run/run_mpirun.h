/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_mpirun.h - Open MPI's launcher starts remote ranks with the variables that its command line
 * names, and no others.
 *
 * Hydra, srun and torchrun hand the whole environment on and need nothing.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_environment.h"

/*
 * A copy of ARGV with "-x NAME" behind the launcher's name for each of VARIABLES. What the user's
 * own -x says stays: a "-x LD_PRELOAD=VALUE"
 * gets PRELOAD in front of its value, another name given is not given twice.
 * A command line or an environment that uses Open MPI's mca_base_env_list, which excludes -x, is
 * left as it is. malloc()ed and kept until the process ends; NULL when there is no memory.
 */
char **open_mpi_arguments(
	char *const *argv, const struct run_variables *variables, const char *preload);
