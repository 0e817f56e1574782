/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranks that know only their number on their node (LOCAL_RANK, with NODE_RANK and WORLD_SIZE), as
 * those that PyTorch Lightning starts: the first rank of each node is a process that the user
 * started, which sets its own variables inside and starts the other ranks of the node.
 */
#include "core/report/job/rules.h"
#include "core/report/job/steps.h"

#include <string.h>

#define BY_NODE "LOCAL_RANK"

bool nodes_may_number(const struct event_record *record)
{
	return record->rank == RANK_UNKNOWN && record->launcher == LAUNCHER_NONE &&
	       record->local_id != RANK_UNKNOWN && record->group_rank > 0;
}

static bool is_by_node(const struct process *process)
{
	return process->launcher == LAUNCHER_NONE && process->local_id != RANK_UNKNOWN &&
	       (process->rank == RANK_UNKNOWN || strcmp(process->rank_source, BY_NODE) == 0);
}

/* How many ranks each node has, by the highest number that one had; 1 where nobody said a number.
 */
static int64_t ranks_of_node(const struct job *job)
{
	int64_t ranks = 1;

	FOR_EACH_PROCESS (process, job)
		if (is_by_node(process) && process->local_id >= ranks)
			ranks = process->local_id + 1;
	return ranks;
}

/* Numbers the ranks of the nodes behind the first; none where nodes have different numbers. */
static void number_ranks(const struct job *job)
{
	int64_t ranks = ranks_of_node(job);

	FOR_EACH_PROCESS (process, job)
		if (is_by_node(process) && process->rank == RANK_UNKNOWN &&
			process->world_size % ranks == 0 &&
			process->group_rank < process->world_size / ranks) {
			process->rank = process->group_rank * ranks + process->local_id;
			process->rank_source = BY_NODE;
		}
}

/* PARENT started a first rank for the node of CHILD before CHILD: it is a launcher. */
static bool started_first_rank(const struct process *parent, const struct process *child)
{
	for (const struct process *at = parent->child; at != NULL; at = at->sibling)
		if (at->local_id == 0 && at->group_rank == child->group_rank &&
			at->began_us <= child->began_us)
			return true;
	return false;
}

/* The parent of PROCESS, a rank but not the first of its node, is that first rank, although it
 * never said so: it died before it could. */
static bool is_of_silent_rank(const struct process *process)
{
	const struct process *parent = process->parent;

	return process->rank != RANK_UNKNOWN && is_by_node(process) && process->local_id > 0 &&
	       parent != NULL && parent->rank == RANK_UNKNOWN && parent->init != NULL &&
	       !rules_is_wrapper(parent->program) &&
	       !rules_name_is(NAME_LAUNCHER, parent->program) &&
	       !started_first_rank(parent, process);
}

void nodes_number(struct job *job)
{
	number_ranks(job);
	FOR_EACH_PROCESS (process, job)
		if (is_of_silent_rank(process)) {
			struct process *first = process->parent;

			first->rank = process->rank - process->local_id;
			first->local_id = 0;
			first->world_size = process->world_size;
			first->group_rank = process->group_rank;
			first->rank_source = BY_NODE;
			first->is_rank = true;
		}
}
