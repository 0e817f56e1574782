/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wrapper.h - programs that run others and terminate as these do, known by the base names of their
 * files.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>

/* Whether PROGRAM is a shell: it exits as its script says, most often with the last status. */
bool program_is_shell(const char *program);

/* Whether PROGRAM executes the script that its command line names first: a shell, too. */
bool program_is_interpreter(const char *program);

/* Whether PROGRAM starts the ranks of a job, of which its command line names the program. */
bool program_is_launcher(const char *program);

/* Whether PROGRAM reads what its ranks print, and forwards it: a launcher, or its daemon on a host.
 */
bool program_forwards(const char *program);

/* Whether PROGRAM runs one other program, and exits with the status of that. */
bool program_is_starter(const char *program);
