/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/launches.h"

/* More launches of one rank than these are told as one. */
#define LAUNCHES_MOST 64

size_t launch_of(const struct process *leader)
{
	return leader->parent == NULL ? 0 : leader->parent->launch;
}

/* A rank of ANCESTOR's runs the launcher PROCESS. */
static bool is_below_rank(const struct process *process, const struct process *ancestor)
{
	const struct process *at = process;
	bool below = false;

	for (int depth = 0; at != NULL && at != ancestor && depth < PROCESS_DEPTH_MOST; depth++) {
		below |= at->leader;
		at = at->parent;
	}
	return at == ancestor && below;
}

static bool are_apart(const struct process *one, const struct process *other)
{
	return one != NULL && other != NULL && one->launched_us != other->launched_us &&
	       !is_below_rank(one, other) && !is_below_rank(other, one);
}

static bool same_rank(const struct process *one, const struct process *other)
{
	return one->attempt == other->attempt && one->rank == other->rank;
}

/* Where ONE and OTHER have a rank in common, the later is at least one launch after the earlier.
 * Returns whether that was news. */
static bool part(struct process *one, struct process *other)
{
	struct process *earlier = one, *later = other;

	if (!are_apart(one, other))
		return false;
	if (other->launched_us < one->launched_us) {
		earlier = other;
		later = one;
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
			news |= part(leaders[i]->parent, leaders[j]->parent);
		}
	return news;
}

static void set_times(struct process *const *leaders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (leaders[i]->parent != NULL)
			leaders[i]->parent->launched_us = leaders[i]->began_us;
	for (size_t i = 0; i < count; i++)
		if (leaders[i]->parent != NULL &&
			leaders[i]->began_us < leaders[i]->parent->launched_us)
			leaders[i]->parent->launched_us = leaders[i]->began_us;
}

size_t launches_set(struct process *const *leaders, size_t count)
{
	size_t last = 0;

	set_times(leaders, count);
	for (int pass = 0; pass < LAUNCHES_MOST && part_all(leaders, count); pass++)
		continue;
	for (size_t i = 0; i < count; i++)
		if (launch_of(leaders[i]) > last)
			last = launch_of(leaders[i]);
	return last + 1;
}
