/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_program.h - which files a run starts with: the command's executable, and libvigil.so, the
 * preload.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

/* Find NAME as execvp(3) does. Returns 0 and a path that contains a slash, so that execve(2) does
 * not search again; -ENOENT and the like when there is no such file, -EACCES when it may not be
 * executed. */
int program_find(const char *name, char ret_path[PATH_MAX]);

/* Whether PATH is the launcher of Open MPI (orterun, prterun, prun, and mpirun or mpiexec built on
 * them; symbolic links are followed): the only one that does not pass its environment on to other
 * hosts. */
bool program_is_open_mpi(const char *path);

/* Whether the loader preloads into PATH, or into its interpreter if it is a script: not into a
 * static program, nor where privileges are gained. False if PATH cannot be read. */
bool program_takes_preload(const char *path);

/* The path of the preload. Returns 0, or -errno after one line on stderr: it does not exist, or
 * cannot be read. */
int preload_find(char ret_path[PATH_MAX]);

/* Make PATH, the preload's, one that LD_PRELOAD can express: if it cannot, that of a link in
 * DIRECTORY, the absolute path of the run directory, which is as far away as the events are and
 * lives as long. Returns 0, or -errno after one line on stderr, PATH as it was. */
int preload_name(const char *directory, char path[PATH_MAX]);

/* Whether PRELOAD has the ELF class of PROGRAM. Returns 0, or -ENOEXEC after one line on stderr. */
int preload_fits(const char *preload, const char *program);
