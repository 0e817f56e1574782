/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec_failure.h - the last exec that failed: most often the process that called it terminates at
 * once, and that is why.
 *
 * A program may walk through PATH, and fails in some of its directories before an exec succeeds; or
 * it does something else after the failure, and terminates later for another reason. So the failure
 * is noted, and counts only if the process terminates within EXEC_FAILURE_US, before it has waited
 * for a child. A vfork child notes it for its parent, which waits for the child. Signal-safe: yes.
 * Threads: any.
 */
#pragma once

#include "core/events/event.h"

#include <stdbool.h>
#include <sys/types.h>

#define EXEC_FAILURE_US 1000000

/* Note that exec of PATH with the environment ENVP has just failed, and errno is NUMBER. */
void exec_failure_note(int number, const char *path, char *const *envp);

/* This process is about to call exec again, which may succeed. */
void exec_failure_forget(void);

/* If this process terminates because its last exec failed, fill that into EVENT, the event of the
 * termination, with the rank that the program would have had. Returns whether it does. */
bool exec_failure_fill(struct event *event);

/* The same for CHILD, for which this process has waited: EVENT is about its termination. What was
 * noted before, of any process, counts no more. */
bool exec_failure_fill_child(struct event *event, pid_t child);
