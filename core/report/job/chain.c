/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/chain.h"

#include "core/report/job/rules.h"

#include <stddef.h>

/* One that only waits for another ends at once when that has ended, finalizers and all. */
#define HANDING_ON_US 1000000

#define HELPER_DEPTH_MOST 4

static const struct event *end_of(const struct process *process)
{
	return termination_event(process);
}

static bool failed(const struct process *process)
{
	return process->termination != NULL && end_of(process)->state == NODE_FAILED;
}

/* It did not end by itself: it, or what it ran, died of something. */
static bool died_hard(const struct process *process)
{
	const struct event *event = end_of(process);

	return rules_is_hard(event) || rules_died_of_signal(event);
}

/* Its end speaks for itself; a shell that dies of its child's signal speaks for the child. */
static bool speaks_for_itself(const struct process *process)
{
	return rules_is_hard(end_of(process)) && !rules_is_wrapper(process->program);
}

static bool ended_with(const struct process *process, const struct process *parent)
{
	return failed(process) && process->ended_us <= parent->ended_us;
}

/* No shell, and yet it ended at once with the status of what it ran: few programs have 2 and above
 * in common by chance, and none says no by them. */
static bool mirrors(const struct process *parent, const struct process *child)
{
	return end_of(parent)->exit_code > 1 && end_of(child)->how != HOW_NONE &&
	       parent->ended_us - child->ended_us <= HANDING_ON_US;
}

static bool passes_on(const struct process *parent, const struct process *child)
{
	return ended_with(child, parent) && rules_hands_on(parent, child) &&
	       (rules_is_wrapper(parent->program) || end_of(child)->signal.number != 0 ||
		       mirrors(parent, child));
}

/* How well the failure of CHILD explains that of PARENT; 0: not at all. */
static int weight(const struct process *parent, const struct process *child)
{
	bool handed_on = rules_hands_on(parent, child);
	bool driver = rules_is_driver(parent->program);
	bool question = rules_is_question(child->program) && !died_hard(child);

	if (!driver && !rules_is_wrapper(parent->program))
		return !handed_on ? 0 : died_hard(child) ? 4 : mirrors(parent, child) ? 3 : 0;
	if (driver)
		return died_hard(child) ? 4 : question ? 1 : 3;
	if (!handed_on)
		return died_hard(child) ? 1 : 0;
	return died_hard(child) ? 4 : question ? 2 : 3;
}

/* A driver stops at the first that fails, a script hands on the last one's status. */
static bool is_better(
	const struct process *parent, const struct process *child, const struct process *best)
{
	int one = weight(parent, child), other = best == NULL ? 0 : weight(parent, best);

	if (one != other || one == 0)
		return one > other;
	return rules_is_driver(parent->program) ? child->ended_us < best->ended_us
						: child->ended_us > best->ended_us;
}

static const struct process *child_of_job(const struct process *parent)
{
	const struct process *best = NULL;

	for (const struct process *child = parent->child; child != NULL; child = child->sibling)
		if (ended_with(child, parent) && is_better(parent, child, best))
			best = child;
	return best;
}

/* The last one whose status it may be; of those that say no by it only where there is no other. */
static bool is_later(const struct process *child, const struct process *best)
{
	bool asks = rules_is_question(child->program) && !died_hard(child);

	if (best == NULL)
		return true;
	if (asks != (rules_is_question(best->program) && !died_hard(best)))
		return !asks;
	return child->ended_us > best->ended_us;
}

static const struct process *child_of_rank(const struct process *parent)
{
	const struct process *best = NULL;

	if (rules_is_driver(parent->program))
		return child_of_job(parent);
	for (const struct process *child = parent->child; child != NULL; child = child->sibling)
		if (passes_on(parent, child) && is_later(child, best))
			best = child;
	return best;
}

/* Down from FROM, by CHILD_OF, to what speaks for itself or has no child to speak for it. */
static const struct process *down(
	const struct process *from, const struct process *(*child_of)(const struct process *))
{
	const struct process *at = from, *child;

	for (int depth = 0; failed(at) && !speaks_for_itself(at) && depth < PROCESS_DEPTH_MOST;
		depth++) {
		child = child_of(at);
		if (child == NULL)
			break;
		at = child;
	}
	return at;
}

const struct process *chain_of_rank(const struct process *leader)
{
	return down(leader, child_of_rank);
}

const struct process *chain_of_job(const struct process *root)
{
	return down(root, child_of_job);
}

/* It failed by itself, of something that its rank will not have passed over. */
static bool is_helper(
	const struct job *job, const struct process *leader, const struct process *process)
{
	enum failure_class failure_class =
		process->termination == NULL ? FAILURE_NONE : rules_failure_class(job, process);

	if (failure_class != FAILURE_OWN && failure_class != FAILURE_KILLED &&
		failure_class != FAILURE_SIGNALLED)
		return false;
	return died_hard(process) ||
	       (process->parent == leader && end_of(leader)->cause == CAUSE_EXIT &&
		       rules_hands_on(leader, process) && !rules_is_question(process->program) &&
		       leader->ended_us - process->ended_us <= HANDING_ON_US);
}

struct helpers {
	const struct job *job;
	const struct process *leader, *earliest;
	int64_t before_us;
};

/* A server of forks stands between a rank and its helpers. */
static void look_for_helper(struct helpers *helpers, const struct process *parent, int depth)
{
	for (const struct process *child = parent->child; child != NULL; child = child->sibling) {
		if (is_helper(helpers->job, helpers->leader, child) &&
			child->ended_us < helpers->before_us &&
			(helpers->earliest == NULL ||
				child->ended_us < helpers->earliest->ended_us))
			helpers->earliest = child;
		if (depth < HELPER_DEPTH_MOST)
			look_for_helper(helpers, child, depth + 1);
	}
}

const struct process *chain_helper(
	const struct job *job, const struct process *leader, int64_t at_us)
{
	struct helpers helpers = {.job = job, .leader = leader, .before_us = at_us};

	if (leader->termination != NULL)
		look_for_helper(&helpers, leader, 0);
	return helpers.earliest;
}
