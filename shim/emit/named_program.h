/* SPDX-License-Identifier: Apache-2.0 */
/*
 * named_program.h - the program or the script that a command line names, where that explains why
 * the process which was to start it, or to read it, terminated with a failure.
 *
 * A launcher that looks for its program before it forks, or lets a daemon start it, calls no exec
 * that fails; an interpreter opens its script with a libc that we do not see. So the files that the
 * command line names are examined while the process terminates, by the same rule as the program's
 * own: the first word that is no option. Where a word may be the value of an option, too, nothing
 * is said.
 *
 * Signal-safe: yes. Threads: the one that reports the termination.
 */
#pragma once

#include "core/events/event.h"

#include <stdbool.h>

/* Fill the member `exec` of EVENT, the exit of this process with a failure, if its command line
 * names what cannot be started or read. Returns whether it does. */
bool named_program_fill(struct event *event);
