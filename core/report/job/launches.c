/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/launches.h"

#include "core/base/order.h"

#include <stdlib.h>
#include <string.h>

/* How many launches are distinguished; ranks of later ones count as ranks of the last. */
#define LAUNCHES_MOST 64

size_t launch_of(const struct process *rank)
{
	return rank->launched_by->launch;
}

/* PROCESS, a launcher, runs below a rank of ANCESTOR's. */
static bool is_below_rank(const struct process *process, const struct process *ancestor)
{
	const struct process *at = process;
	bool below = false;

	for (int depth = 0; at != NULL && at != ancestor && depth < PROCESS_DEPTH_MOST; depth++) {
		below |= at->is_rank;
		at = at->parent;
	}
	return at == ancestor && below;
}

/* ONE had ended when OTHER began. */
static bool was_followed(const struct process *one, const struct process *other)
{
	return one->termination != NULL && one->began_us != BEGAN_UNKNOWN &&
	       other->began_us != BEGAN_UNKNOWN && one->ended_us <= other->began_us;
}

/* ONE and OTHER, of the same rank, are of two launches: they have two launchers, neither below the
 * other. Where a launcher is unknown, a process that a rank left behind may look like the rank: so
 * one must also have ended before the other began. */
static bool are_of_two(const struct process *one, const struct process *other)
{
	const struct process *first = one->launched_by, *second = other->launched_by;

	return first->launched_us != second->launched_us && !is_below_rank(first, second) &&
	       !is_below_rank(second, first) &&
	       ((one->parent != NULL && other->parent != NULL) || was_followed(one, other) ||
		       was_followed(other, one));
}

/* Makes the launch of the later launcher at least one more than that of the earlier. Returns
 * whether that changed anything. */
static bool separate(const struct process *one, const struct process *other)
{
	struct process *earlier = one->launched_by, *later = other->launched_by;

	if (!are_of_two(one, other))
		return false;
	if (later->launched_us < earlier->launched_us) {
		earlier = other->launched_by;
		later = one->launched_by;
	}
	if (later->launch > earlier->launch || earlier->launch + 1 == LAUNCHES_MOST)
		return false;
	later->launch = earlier->launch + 1;
	return true;
}

static int compare_ranks(const void *a, const void *b)
{
	const struct process *one = *(const struct process *const *)a,
			     *other = *(const struct process *const *)b;

	return COMPARE(one->attempt, other->attempt) ?: COMPARE(one->rank, other->rank);
}

/* Separates the launches of RANKS, which are sorted by rank; few have the same rank. Returns
 * whether anything changed. */
static bool separate_all(struct process *const *ranks, size_t count)
{
	bool changed = false;

	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count && j - i < LAUNCHES_MOST &&
				       compare_ranks(&ranks[i], &ranks[j]) == 0;
			j++)
			changed |= separate(ranks[i], ranks[j]);
	return changed;
}

/* By hostname, boot and pid of the parent. */
static int order_of_parents(const struct process *one, const struct process *other)
{
	return strcmp(one->hostname, other->hostname)
		       ?: strcmp(one->boot_id, other->boot_id)
		       ?: COMPARE(one->ppid, other->ppid);
}

static int compare_parents(const void *a, const void *b)
{
	const struct process *one = *(const struct process *const *)a,
			     *other = *(const struct process *const *)b;

	return order_of_parents(one, other) ?: COMPARE(one->began_us, other->began_us);
}

/* RANKS are sorted by their parents, and then by time. */
static void set_launchers(struct process *const *ranks, size_t count)
{
	struct process *first = NULL;

	for (size_t i = 0; i < count; i++) {
		struct process *rank = ranks[i];

		if (first == NULL || order_of_parents(first, rank) != 0)
			first = rank;
		rank->launched_by = rank->parent != NULL ? rank->parent : first;
		rank->launched_by->launched_us = INT64_MAX;
	}
	for (size_t i = 0; i < count; i++)
		if (ranks[i]->began_us < ranks[i]->launched_by->launched_us)
			ranks[i]->launched_by->launched_us = ranks[i]->began_us;
}

size_t launches_set(struct process **ranks, size_t count)
{
	size_t last = 0;

	qsort(ranks, count, sizeof *ranks, compare_parents);
	set_launchers(ranks, count);
	qsort(ranks, count, sizeof *ranks, compare_ranks);
	for (int pass = 0; pass < LAUNCHES_MOST && separate_all(ranks, count); pass++)
		continue;
	for (size_t i = 0; i < count; i++)
		if (launch_of(ranks[i]) > last)
			last = launch_of(ranks[i]);
	return last + 1;
}
