/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_groups.h - threads with equal stacks together, the fewest first, as text and page show
 * them.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/base/text.h"
#include "core/cli/stacks/stacks_set.h"

/* A thread at a place. */
struct shown_thread {
	const struct stacks_process *process;
	const struct stacks_thread *thread;
};

/* Threads that do the same at the same place. */
struct stacks_group {
	struct shown_thread *threads;
	size_t count;
};

struct stacks_groups {
	const struct stacks_set *set;
	struct shown_thread *threads; /* malloc'ed, as the list */
	struct stacks_group *list;
	size_t count;
};

/* Put the threads of SET, which must outlive GROUPS, into groups. Returns 0 or -ENOMEM. */
int stacks_groups_make(struct stacks_groups *groups, const struct stacks_set *set);

/* Append who is in GROUP, and what they do: "thread 4712 (worker) of rank 3 (process 4711, train),
 * waiting:". */
void stacks_group_head(
	struct text *text, const struct stacks_set *set, const struct stacks_group *group);

/* Release the memory of GROUPS. */
void stacks_groups_release(struct stacks_groups *groups);
