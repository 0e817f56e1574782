/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program_file.h - what the file is that could not be started, and whether a file could be.
 *
 * Signal-safe: yes. Threads: one at a time: the interpreter that is found lies in static memory. In
 * the preload that is the thread that reports the termination, or waits for a child.
 */
#pragma once

#include "core/events/event.h"

#include <stdbool.h>

/* Fill in what EXEC->path is, after an exec of it failed with EXEC->number. */
void program_file_explain(struct event_exec *exec);

/* Whether exec of EXEC->path would fail. Then EXEC->number says why, and the rest of *EXEC is
 * filled in. */
bool program_file_fails(struct event_exec *exec);
