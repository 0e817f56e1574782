/* SPDX-License-Identifier: Apache-2.0 */
/* Who started whom, and which processes are ranks: no helper of one, and nothing that only has the
 * number of a node. */
#include "core/report/job/process.h"
#include "core/report/job/steps.h"
#include "core/report/job/thresholds.h"

/* The process that had PID when PROCESS began or, where that is unknown, terminated. */
static struct process *find_ancestor(
	const struct job *job, const struct process *process, pid_t pid)
{
	int64_t at_us = process->began_us == BEGAN_UNKNOWN ? process->last_us : process->began_us;
	struct process *found =
		pid <= 0 ? NULL : job_find(job, process->hostname, pid, at_us + START_TICK_US);

	return found == process ? NULL : found;
}

/* The nearest ancestor that reports events, as a parent that is a static program does not. */
static struct process *find_parent(const struct job *job, const struct process *process)
{
	struct process *parent = find_ancestor(job, process, process->ppid);
	const struct event_record *init = process->init;

	for (size_t i = 0; parent == NULL && init != NULL && i < init->ancestor_count; i++)
		parent = find_ancestor(job, process, init->ancestors[i].pid);
	return parent;
}

static bool same_rank(const struct process *one, const struct process *other)
{
	return one->rank == other->rank && one->launcher == other->launcher &&
	       one->attempt == other->attempt;
}

static bool is_helper(const struct process *process)
{
	const struct process *at = process->parent;

	for (int depth = 0; at != NULL && depth < PROCESS_DEPTH_MOST; depth++, at = at->parent)
		if (same_rank(process, at))
			return true;
	return false;
}

/* What started PROCESS, a rank of a larger world, has the number of a pod or node, and is no rank.
 */
static void demote_above(const struct process *process)
{
	struct process *at = process->parent;

	for (int depth = 0; at != NULL && depth < PROCESS_DEPTH_MOST; depth++, at = at->parent)
		if (at->launcher == process->launcher && at->world_size != RANK_UNKNOWN &&
			at->world_size < process->world_size)
			at->is_rank = false;
}

void family_set(struct job *job)
{
	FOR_EACH_PROCESS (process, job) {
		struct process *parent = find_parent(job, process);

		process->parent = parent;
		if (parent != NULL) {
			process->sibling = parent->child;
			parent->child = process;
		}
	}
	nodes_number(job);
	FOR_EACH_PROCESS (process, job)
		if (process->rank == RANK_UNKNOWN || is_helper(process))
			process->is_rank = false;
	FOR_EACH_PROCESS (process, job)
		if (process->is_rank)
			demote_above(process);
}
