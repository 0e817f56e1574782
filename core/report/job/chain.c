/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/chain.h"

#include "core/events/wrapper.h"
#include "core/report/job/kills.h"
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

/* What PARENT reports itself it saw before it ended, whenever that was written. */
static bool failed_before(const struct process *process, const struct process *parent)
{
	const struct event_record *seen = process->agent_termination;

	return process_failed(process) &&
	       (process->ended_us <= parent->ended_us ||
		       (seen != NULL && seen->end->event.reporter.pid == parent->pid));
}

/* CHILD is the only program that PARENT ran, and PARENT ended at once after it, as far as its
 * waiter, which may have looked late, lets one know. */
static bool wraps(const struct process *parent, const struct process *child)
{
	int64_t late_us = parent->termination->source == SOURCE_AGENT ? LATENESS_WAITER_US : 0;

	return parent->child == child && child->sibling == NULL && !answers(child) &&
	       parent->ended_us - child->ended_us <= WRAPPING_US + late_us;
}

/* PARENT, which is no shell, ended at once with the status of CHILD. Few programs have the same
 * status above 1 by chance, and no program answers by one; with 1 it ran nothing else. */
static bool mirrors(const struct process *parent, const struct process *child)
{
	return termination_event(child)->how != HOW_NONE &&
	       (termination_event(parent)->exit_code > 1
			       ? parent->ended_us - child->ended_us <= HANDING_ON_US
			       : wraps(parent, child));
}

/* PROCESS failed since nobody read what it wrote: the reader may have had enough, as head has. */
static bool lost_reader(const struct process *process)
{
	const struct event *event = termination_event(process);

	return event_is_broken_pipe(&event->signal) ||
	       rules_peer_text(event->exception.type) == FAILURE_PEER_LOST;
}

/* How well the failure of CHILD explains that of PARENT; 0: not at all. */
static int weight(const struct process *parent, const struct process *child)
{
	bool handed_on = rules_hands_on(parent, child);

	if (lost_reader(child))
		return handed_on ? 1 : 0;
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

/* CHILD, a child of the same shell, crashed when LAST had begun. */
static bool crashed_beside(const struct process *child, const struct process *last)
{
	return child != last && process_failed(child) && child->ended_us >= last->first_us &&
	       rules_is_hard(termination_event(child)) && !kill_explains(child) &&
	       !lost_reader(child);
}

/* Where LAST, whose status the shell PARENT handed on, ended by a decision of its own: the first
 * child that crashed while it ran, or LAST. LAST may have waited for what that one wrote, as in a
 * pipe. */
static const struct process *feeder_of(const struct process *parent, const struct process *last)
{
	const struct process *first = NULL;

	if (last == NULL || died_hard(last) || !program_is_shell(parent->program) ||
		!rules_hands_on(parent, last))
		return last;
	for (const struct process *child = parent->child; child != NULL; child = child->sibling)
		if (crashed_beside(child, last) && failed_before(child, last) &&
			(first == NULL || child->ended_us < first->ended_us))
			first = child;
	return first == NULL ? last : first;
}

static const struct process *child_of_job(const struct process *parent)
{
	const struct process *best = NULL;

	for (const struct process *child = parent->child; child != NULL; child = child->sibling)
		if (failed_before(child, parent) && is_better(parent, child, best))
			best = child;
	return feeder_of(parent, best);
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

bool chain_is_beside_crash(const struct process *process)
{
	const struct process *parent = process->parent;

	if (parent == NULL || !program_is_shell(parent->program) || died_hard(process))
		return false;
	for (const struct process *child = parent->child; child != NULL; child = child->sibling)
		if (crashed_beside(child, process))
			return true;
	return false;
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
