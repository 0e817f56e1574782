/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_helper.h - helpers: children of a vigil that talk to a NATS server for it, or look after one.
 *
 * A helper has a session of its own, blocks every signal, and holds no descriptor but its end of a
 * socket, which takes lines of text both ways. When our end is closed, also because we were killed,
 * the helper finishes. It is no process of the job. Signal-safe: no. Threads: one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HELPERS_MOST 4
#define HELPER_LINE_SIZE 4096

struct helper {
	pid_t pid; /* 0: there is none */
	int socket;
};

/* What a helper does, in its own process; SOCKET is readable once it is to finish. */
typedef void helper_task(int socket, const void *argument);

/* Start TASK with ARGUMENT as a process called NAME. KEEPS_ERROR: it keeps standard error. Returns
 * 0; or -errno, and HELPER is none. */
int helper_start(struct helper *ret_helper, const char *name, helper_task *task,
	const void *argument, bool keeps_error);

/* In the helper: send LINE to who started it. */
void helper_send(int socket, const char *line);

/* Wait at most MS for a line of HELPER. Returns false where none came. */
bool helper_receive(const struct helper *helper, int64_t ms, char line[HELPER_LINE_SIZE]);

/* Whether HELPER has ended, which says nothing. */
bool helper_is_over(const struct helper *helper);

/* Let HELPER finish: nothing more is sent to it; it may still answer. */
void helper_finish(const struct helper *helper);

/* Finish, wait at most MS for HELPER to end, then kill it. HELPER is none afterwards. */
void helper_end(struct helper *helper, int64_t ms);

/* Whether HELPER has been started and not been reaped. */
bool helper_runs(const struct helper *helper);

/* Whether the child PID, which has been reaped, was a helper. */
bool helper_reaped(pid_t pid);

/* The descriptors by which we talk to helpers, at most HELPERS_MOST. Returns how many. */
size_t helper_sockets(int *ret_sockets);
