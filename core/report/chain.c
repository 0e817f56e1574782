/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/chain.h"

#include "core/report/rules.h"

#include <stddef.h>

static const struct event *end_of(const struct process *process)
{
	return &process->end->end->event;
}

static bool failed(const struct process *process)
{
	return process->end != NULL && end_of(process)->state == NODE_FAILED;
}

/* It did not end by itself: it, or what it ran, died of something. */
static bool died_hard(const struct process *process)
{
	const struct event *event = end_of(process);

	return rules_is_hard(event) || event->signal.number != 0 || event->exit_code > 128;
}

/* Its end speaks for itself; a shell that dies of its child's signal speaks for the child. */
static bool speaks_for_itself(const struct process *process)
{
	return rules_is_hard(end_of(process)) && !rules_is_wrapper(process->program);
}

static bool ended_with(const struct process *process, const struct process *parent)
{
	return failed(process) && process->end_us <= parent->end_us;
}

static const struct process *child_of_rank(const struct process *parent)
{
	const struct process *best = NULL;

	for (const struct process *child = parent->child; child != NULL; child = child->sibling) {
		if (!ended_with(child, parent) || !rules_hands_on(end_of(parent), end_of(child)))
			continue;
		if (!rules_is_wrapper(parent->program) && end_of(child)->signal.number == 0)
			continue;
		if (best == NULL || child->end_us > best->end_us)
			best = child;
	}
	return best;
}

const struct process *chain_of_rank(const struct process *leader)
{
	const struct process *at = leader;

	for (int depth = 0; failed(at) && !speaks_for_itself(at) && depth < PROCESS_DEPTH_MOST;
		depth++) {
		const struct process *child = child_of_rank(at);

		if (child == NULL)
			break;
		at = child;
	}
	return at;
}

/* How well the failure of CHILD explains that of PARENT; 0: not at all. */
static int weight(const struct process *parent, const struct process *child)
{
	bool handed_on = rules_hands_on(end_of(parent), end_of(child));
	bool driver = rules_is_driver(parent->program);
	bool question = rules_is_question(child->program) && !died_hard(child);

	if (!driver && !rules_is_wrapper(parent->program))
		return handed_on && died_hard(child) ? 4 : 0;
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
	return rules_is_driver(parent->program) ? child->end_us < best->end_us
						: child->end_us > best->end_us;
}

const struct process *chain_of_job(const struct process *root)
{
	const struct process *at = root;

	for (int depth = 0; failed(at) && !speaks_for_itself(at) && depth < PROCESS_DEPTH_MOST;
		depth++) {
		const struct process *best = NULL;

		for (const struct process *child = at->child; child != NULL; child = child->sibling)
			if (ended_with(child, at) && is_better(at, child, best))
				best = child;
		if (best == NULL)
			break;
		at = best;
	}
	return at;
}

const struct process *chain_helper(const struct process *leader, int64_t at_us)
{
	const struct process *earliest = NULL;

	for (const struct process *child = leader->child; child != NULL; child = child->sibling) {
		if (!failed(child) || !died_hard(child) || child->end_us >= at_us)
			continue;
		if (earliest == NULL || child->end_us < earliest->end_us)
			earliest = child;
	}
	return earliest;
}
