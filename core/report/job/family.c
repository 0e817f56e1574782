/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/family.h"

/* How exactly the start of a forked child is known: proc(5) counts it in 1/100 s. */
#define START_EXACT_US 10000

/* An ancestor began earlier. Of a process that is known by its end alone, it was there at that end.
 */
static struct process *find_older(const struct job *job, const struct process *process, pid_t pid)
{
	int64_t at_us = process->began_us == BEGAN_UNKNOWN ? process->last_us : process->began_us;
	struct process *found =
		pid <= 0 ? NULL : job_find(job, process->hostname, pid, at_us + START_EXACT_US);

	return found == process ? NULL : found;
}

/* A process that vigil could not enter may stand between: then the next ancestor that it could. */
static struct process *find_parent(const struct job *job, const struct process *process)
{
	struct process *parent = find_older(job, process, process->ppid);
	const struct event_record *init = process->init;

	for (size_t i = 0; parent == NULL && init != NULL && i < init->ancestor_count; i++)
		parent = find_older(job, process, init->ancestors[i].pid);
	return parent;
}

static bool same_rank(const struct process *one, const struct process *other)
{
	return one->rank == other->rank && one->launcher == other->launcher &&
	       one->attempt == other->attempt;
}

static bool is_helper(const struct process *process)
{
	const struct process *ancestor = process->parent;

	for (int depth = 0; ancestor != NULL && depth < PROCESS_DEPTH_MOST; depth++) {
		if (same_rank(process, ancestor))
			return true;
		ancestor = ancestor->parent;
	}
	return false;
}

void family_set(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		struct process *process = &job->processes[i];
		struct process *parent = find_parent(job, process);

		process->parent = parent;
		if (parent != NULL) {
			process->sibling = parent->child;
			parent->child = process;
		}
	}
	for (size_t i = 0; i < job->count; i++)
		if (job->processes[i].rank == RANK_UNKNOWN || is_helper(&job->processes[i]))
			job->processes[i].is_rank = false;
}
