/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/generations.h"

#include "core/base/order.h"

#include <stdlib.h>

/* A rank of a larger number is left as it is. */
#define RANKS_MOST 65536

static int compare_starts(const void *a, const void *b)
{
	const struct process *one = *(const struct process *const *)a,
			     *other = *(const struct process *const *)b;

	return COMPARE(one->began_us, other->began_us) ?: COMPARE(one->rank, other->rank);
}

static bool is_numbered(const struct process *rank)
{
	return rank->launcher == LAUNCHER_TORCHRUN && rank->began_us != BEGAN_UNKNOWN &&
	       rank->rank >= 0 && rank->rank < RANKS_MOST;
}

/* EARLIER had ended when LATER began. */
static bool was_followed(const struct process *earlier, const struct process *later)
{
	return earlier->termination != NULL && earlier->ended_us <= later->began_us;
}

/* The agent that had started BEFORE was still at work when RANK began, the same rank by the same
 * count of restarts: no other torchrun has begun. */
static bool is_restarted(const struct process *before, const struct process *rank)
{
	const struct process *agent = before->parent;

	return agent != NULL && before->attempt == rank->attempt && was_followed(before, rank) &&
	       (agent->termination == NULL || agent->ended_us > rank->began_us);
}

/* LAST has the latest process of each rank so far. */
static bool has_started_twice(
	struct process *const *ranks, size_t count, const struct process **last)
{
	for (size_t i = 0; i < count; i++) {
		const struct process *rank = ranks[i], *before;

		if (!is_numbered(rank))
			continue;
		before = last[rank->rank];
		last[rank->rank] = rank;
		if (before != NULL && is_restarted(before, rank))
			return true;
	}
	return false;
}

/* All of a generation have ended before any of the next begins, and have one world. LAST is NULL
 * for each rank. */
static void number(struct process **ranks, size_t count, const struct process **last)
{
	const struct process *newest = NULL;
	int64_t generation = 0;

	for (size_t i = 0; i < count; i++) {
		struct process *rank = ranks[i];
		const struct process *before;

		if (!is_numbered(rank))
			continue;
		before = last[rank->rank];
		if ((newest != NULL && newest->world_size != rank->world_size) ||
			(before != NULL && before->attempt == generation &&
				was_followed(before, rank)))
			generation++;
		rank->attempt = generation;
		newest = last[rank->rank] = rank;
	}
}

void generations_set(struct process **ranks, size_t count)
{
	const struct process **last = calloc(RANKS_MOST, sizeof *last);

	if (last == NULL)
		return;
	qsort(ranks, count, sizeof *ranks, compare_starts);
	if (has_started_twice(ranks, count, last)) {
		for (size_t i = 0; i < count; i++)
			if (is_numbered(ranks[i]))
				last[ranks[i]->rank] = NULL;
		number(ranks, count, last);
	}
	free(last);
}
