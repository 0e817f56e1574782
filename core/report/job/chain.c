/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/chain.h"

#include "core/report/job/rules.h"
#include "core/report/job/thresholds.h"

#include <stddef.h>

#define HELPER_DEPTH_MOST 4

/* PROCESS, or the program that it ran, did not end by a decision of its own. */
static bool died_hard(const struct process *process)
{
	const struct event *event = termination_event(process);

	return rules_is_hard(event) || rules_died_of_signal(event);
}

/* The status of PROCESS is an answer, as that of grep or test is, and no failure. */
static bool answers(const struct process *process)
{
	return rules_name_is(NAME_QUESTION, process->program) && !died_hard(process);
}

/* A shell that died of its child's signal is no cause of its own. */
static bool is_cause(const struct process *process)
{
	return rules_is_hard(termination_event(process)) && !rules_is_wrapper(process->program);
}

static bool failed_before(const struct process *process, const struct process *parent)
{
	return process_failed(process) && process->ended_us <= parent->ended_us;
}

/* PARENT, which is no shell, ended at once with the status of CHILD. Few programs have the same
 * status above 1 by chance, and no program answers by one. */
static bool mirrors(const struct process *parent, const struct process *child)
{
	return termination_event(parent)->exit_code > 1 &&
	       termination_event(child)->how != HOW_NONE &&
	       parent->ended_us - child->ended_us <= HANDING_ON_US;
}

/* How well the failure of CHILD explains that of PARENT; 0: not at all. */
static int weight(const struct process *parent, const struct process *child)
{
	bool handed_on = rules_hands_on(parent, child);

	if (rules_name_is(NAME_DRIVER, parent->program))
		return died_hard(child) ? 4 : answers(child) ? 1 : 3;
	if (!rules_is_wrapper(parent->program))
		return !handed_on ? 0 : died_hard(child) ? 4 : mirrors(parent, child) ? 3 : 0;
	if (!handed_on)
		return died_hard(child) ? 1 : 0;
	return died_hard(child) ? 4 : answers(child) ? 2 : 3;
}

/* CHILD explains the failure of PARENT better than BEST. Of children of the same weight: a driver
 * stops at the first that fails, a script hands on the status of the last. */
static bool is_better(
	const struct process *parent, const struct process *child, const struct process *best)
{
	int one = weight(parent, child), other = best == NULL ? 0 : weight(parent, best);

	if (one != other || one == 0)
		return one > other;
	return rules_name_is(NAME_DRIVER, parent->program) ? child->ended_us < best->ended_us
							   : child->ended_us > best->ended_us;
}

static const struct process *child_of_job(const struct process *parent)
{
	const struct process *best = NULL;

	for (const struct process *child = parent->child; child != NULL; child = child->sibling)
		if (failed_before(child, parent) && is_better(parent, child, best))
			best = child;
	return best;
}

/* The status of PARENT may be that of CHILD. */
static bool passes_on(const struct process *parent, const struct process *child)
{
	return failed_before(child, parent) && rules_hands_on(parent, child) &&
	       (rules_is_wrapper(parent->program) || termination_event(child)->signal.number != 0 ||
		       mirrors(parent, child));
}

/* The last child whose status PARENT may have handed on; one that answers comes last. */
static const struct process *child_of_rank(const struct process *parent)
{
	const struct process *best = NULL;

	if (rules_name_is(NAME_DRIVER, parent->program))
		return child_of_job(parent);
	for (const struct process *child = parent->child; child != NULL; child = child->sibling)
		if (passes_on(parent, child) &&
			(best == NULL || (answers(child) != answers(best)
							 ? answers(best)
							 : child->ended_us > best->ended_us)))
			best = child;
	return best;
}

/* Follows CHILD_OF down from FROM to a cause, or to a failure that no child explains. */
static const struct process *down(
	const struct process *from, const struct process *(*child_of)(const struct process *))
{
	const struct process *at = from, *child;

	for (int depth = 0; depth < PROCESS_DEPTH_MOST; depth++) {
		child = process_failed(at) && !is_cause(at) ? child_of(at) : NULL;
		if (child == NULL)
			break;
		at = child;
	}
	return at;
}

const struct process *chain_of_rank(const struct process *rank)
{
	return down(rank, child_of_rank);
}

const struct process *chain_of_job(const struct process *root)
{
	return down(root, child_of_job);
}

/* PROCESS failed by itself, and in a way that RANK will not have ignored. */
static bool is_failed_helper(
	const struct job *job, const struct process *rank, const struct process *process)
{
	enum failure_class failure_class = rules_failure_class(job, process);

	if (failure_class != FAILURE_OWN && failure_class != FAILURE_KILLED &&
		failure_class != FAILURE_SIGNALLED)
		return false;
	return died_hard(process) ||
	       (process->parent == rank && termination_event(rank)->cause == CAUSE_EXIT &&
		       rules_hands_on(rank, process) &&
		       !rules_name_is(NAME_QUESTION, process->program) &&
		       rank->ended_us - process->ended_us <= HANDING_ON_US);
}

/* The earliest failed helper before BEFORE_US among the descendants of PARENT, or EARLIEST. A fork
 * server may be between a rank and its helpers. */
static const struct process *earliest_helper(const struct job *job, const struct process *rank,
	int64_t before_us, const struct process *parent, int depth, const struct process *earliest)
{
	for (const struct process *child = parent->child; child != NULL; child = child->sibling) {
		if (is_failed_helper(job, rank, child) && child->ended_us < before_us &&
			(earliest == NULL || child->ended_us < earliest->ended_us))
			earliest = child;
		if (depth < HELPER_DEPTH_MOST)
			earliest =
				earliest_helper(job, rank, before_us, child, depth + 1, earliest);
	}
	return earliest;
}

const struct process *chain_helper(const struct job *job, const struct process *rank, int64_t at_us)
{
	return rank->termination == NULL ? NULL : earliest_helper(job, rank, at_us, rank, 0, NULL);
}
