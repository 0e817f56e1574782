/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_run.h - the processes of a run that go on, on this host and on others.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/events/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A process whose stacks are wanted. */
struct stacks_target {
	pid_t pid;
	int64_t rank; /* RANK_UNKNOWN: it is no rank */
};

/* A process of the run that another host has. */
struct stacks_elsewhere {
	char host[HOSTNAME_SIZE];
	pid_t pid;
	int64_t rank;
	bool is_shown; /* an answer has it */
};

/* All zero at the start; the lists are malloc'ed. */
struct stacks_targets {
	struct stacks_target *list;
	size_t count, room;
	struct stacks_elsewhere *elsewhere; /* by host */
	size_t elsewhere_count, elsewhere_room;
};

/* Add PID with RANK, unless PID is there. Returns 0 or -ENOMEM. */
int stacks_targets_add(struct stacks_targets *targets, pid_t pid, int64_t rank);

/* Add the processes of the newest run in DIRECTORY, which the user calls SHOWN, that go on, here
 * and elsewhere. Returns 0; or -errno after a line on stderr, also where there is none. */
int stacks_targets_add_run(
	struct stacks_targets *targets, const char *directory, const char *shown);

/* Release the lists. */
void stacks_targets_release(struct stacks_targets *targets);
