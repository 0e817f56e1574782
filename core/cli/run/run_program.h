/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_program.h - what a command's name stands for: which file, what kind of ELF, whose launcher.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

/*
 * Find NAME as execvp(3) does. Returns 0 and its PATH, with a slash in it, so that nobody searches
 * again; -ENOENT and the like when there is none, -EACCES when there is one that may not be
 * executed.
 */
int program_find(const char *name, char ret_path[PATH_MAX]);

/*
 * 32 or 64: the ELF class of the file that the kernel would load for PATH, a script's interpreter
 * included. 0: no ELF and no script, or not readable for us, so that nothing is known.
 */
int program_elf_class(const char *path);

/*
 * Whether PATH, all symbolic links followed, is the launcher of Open MPI (orterun, prterun, and
 * mpirun or mpiexec built on them), which alone does not hand its environment on to other hosts.
 */
bool program_is_open_mpi(const char *path);

/*
 * Whether the loader puts LD_PRELOAD into PATH, or into the interpreter of that script: not into a
 * static program, and not where privileges are gained. False if it cannot be read.
 */
bool program_takes_preload(const char *path);
