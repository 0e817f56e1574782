/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - the command line of a process as one string that a POSIX shell reads back.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/events/event.h"

/*
 * Append the first COUNT arguments of PROCESS, quoted for a shell where they must be and parted by
 * blanks, with their secrets masked as PROCESS->argv_form says. Only whole arguments are appended,
 * as many as MOST bytes hold and TEXT has room for. Returns how many.
 */
size_t command_add(
	const struct event_process *process, size_t count, size_t most, struct text *text);
