/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/launches.h"

#include <stdlib.h>
#include <string.h>

/* More launches of one rank than these are reported as one. */
#define LAUNCHES_MOST 64

size_t launch_of(const struct process *leader)
{
	return leader->launched_by->launch;
}

/* A rank of ANCESTOR's runs the launcher PROCESS. */
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

static bool are_apart(const struct process *one, const struct process *other)
{
	return one->launched_us != other->launched_us && !is_below_rank(one, other) &&
	       !is_below_rank(other, one);
}

/* What a rank leaves behind may be taken for the rank, where nobody knows who began it. */
static bool followed(const struct process *one, const struct process *other)
{
	return one->termination != NULL && one->began_us != BEGAN_UNKNOWN &&
	       other->began_us != BEGAN_UNKNOWN && one->ended_us <= other->began_us;
}

static bool are_known(const struct process *one, const struct process *other)
{
	return (one->parent != NULL && other->parent != NULL) || followed(one, other) ||
	       followed(other, one);
}

static bool same_rank(const struct process *one, const struct process *other)
{
	return one->attempt == other->attempt && one->rank == other->rank;
}

/* ONE and OTHER lead the same rank: the later launcher's launch is at least one after the
 * earlier's. Returns whether that was news. */
static bool part(const struct process *one, const struct process *other)
{
	struct process *earlier = one->launched_by, *later = other->launched_by;

	if (!are_apart(earlier, later) || !are_known(one, other))
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

/* Returns whether anything was news. Leaders of one rank are few. */
static bool part_all(struct process *const *leaders, size_t count)
{
	bool news = false;

	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count && j - i < LAUNCHES_MOST; j++) {
			if (!same_rank(leaders[i], leaders[j]))
				break;
			news |= part(leaders[i], leaders[j]);
		}
	return news;
}

static int compare_numbers(int64_t one, int64_t other)
{
	return (one > other) - (one < other);
}

static int compare_parents(const void *a, const void *b)
{
	const struct process *one = *(const struct process *const *)a,
			     *other = *(const struct process *const *)b;
	int order = strcmp(one->hostname, other->hostname);

	if (order == 0)
		order = strcmp(one->boot_id, other->boot_id);
	if (order == 0)
		order = compare_numbers(one->ppid, other->ppid);
	return order == 0 ? compare_numbers(one->began_us, other->began_us) : order;
}

static int compare_ranks(const void *a, const void *b)
{
	const struct process *one = *(const struct process *const *)a,
			     *other = *(const struct process *const *)b;
	int order = compare_numbers(one->attempt, other->attempt);

	return order == 0 ? compare_numbers(one->rank, other->rank) : order;
}

static bool same_parent(const struct process *one, const struct process *other)
{
	return one->ppid == other->ppid && strcmp(one->hostname, other->hostname) == 0 &&
	       strcmp(one->boot_id, other->boot_id) == 0;
}

/* LEADERS are sorted by their parents, and then by time. */
static void set_launchers(struct process *const *leaders, size_t count)
{
	struct process *first = NULL;

	for (size_t i = 0; i < count; i++) {
		struct process *leader = leaders[i];

		if (first == NULL || !same_parent(first, leader))
			first = leader;
		leader->launched_by = leader->parent != NULL ? leader->parent : first;
		leader->launched_by->launched_us = INT64_MAX;
	}
	for (size_t i = 0; i < count; i++)
		if (leaders[i]->began_us < leaders[i]->launched_by->launched_us)
			leaders[i]->launched_by->launched_us = leaders[i]->began_us;
}

size_t launches_set(struct process **leaders, size_t count)
{
	size_t last = 0;

	qsort(leaders, count, sizeof *leaders, compare_parents);
	set_launchers(leaders, count);
	qsort(leaders, count, sizeof *leaders, compare_ranks);
	for (int pass = 0; pass < LAUNCHES_MOST && part_all(leaders, count); pass++)
		continue;
	for (size_t i = 0; i < count; i++)
		if (launch_of(leaders[i]) > last)
			last = launch_of(leaders[i]);
	return last + 1;
}
