/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_run.h - the processes of a run that go on, on this host.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A process whose stacks are wanted. */
struct stacks_target {
	pid_t pid;
	int64_t rank; /* RANK_UNKNOWN: it is no rank */
};

/* All zero at the start; the list is malloc'ed. */
struct stacks_targets {
	struct stacks_target *list;
	size_t count, room;
	size_t elsewhere; /* processes of a run that other hosts have */
};

/* Add PID with RANK, unless PID is there. Returns 0 or -ENOMEM. */
int stacks_targets_add(struct stacks_targets *targets, pid_t pid, int64_t rank);

/* Add the processes of the newest run in DIRECTORY that go on here. Lines on stderr name the hosts
 * that have others, and say so where there is none. Returns 0, or -errno after such a line. */
int stacks_targets_add_run(struct stacks_targets *targets, const char *directory);
