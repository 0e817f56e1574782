/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/chain.h"

#include "core/events/wrapper.h"
#include "core/report/job/kills.h"
#include "core/report/job/rules.h"
#include "core/report/job/thresholds.h"

#include <stddef.h>
#include <string.h>

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

/* When PARENT waited for CHILD, if it did so before it failed itself; else when CHILD terminated.
 */
static int64_t known_us(const struct process *parent, const struct process *child)
{
	const struct event_record *seen = child->agent_termination, *end = child->termination;
	int64_t waited_us;

	if (seen == NULL || seen->end->event.reporter.pid != parent->pid || seen->mono_us <= 0 ||
		end->mono_us <= 0)
		return child->ended_us;
	waited_us = child->ended_us + seen->mono_us - end->mono_us;
	return waited_us <= parent->ended_us ? waited_us : child->ended_us;
}

/* PARENT ended so soon after it knew of the end of CHILD that it need not have done anything else
 * meanwhile. */
static bool ended_soon(const struct process *parent, const struct process *child)
{
	return parent->ended_us - known_us(parent, child) <= HANDING_ON_US;
}

/* PARENT, which is no shell, ended at once with the status of CHILD. Few programs have the same
 * status above 1 by chance, and no program answers by one; with 1 it ran nothing else. */
static bool mirrors(const struct process *parent, const struct process *child)
{
	return termination_event(child)->how != HOW_NONE && rules_hands_on(parent, child) &&
	       (termination_event(parent)->exit_code > 1 ? ended_soon(parent, child)
							 : wraps(parent, child));
}

/* PROCESS failed since nobody read what it wrote: the reader may have had enough, as head has. */
static bool lost_reader(const struct process *process)
{
	const struct event *event = termination_event(process);

	return event_is_broken_pipe(&event->signal) ||
	       rules_peer_text(event->exception.type) == FAILURE_PEER_LOST;
}

/* PROCESS, a child of PARENT, certainly began after AT_US. One that only forked reports late. */
static bool began_after(const struct process *process, const struct process *parent, int64_t at_us)
{
	return strcmp(process->program, parent->program) != 0
		       ? process->began_us > at_us
		       : process->forked_us > at_us + START_TICK_US;
}

/* PARENT and CHILD are two ranks of one launch, of which the first rank began the others. */
static bool are_ranks(const struct process *parent, const struct process *child)
{
	return parent->is_rank && child->is_rank && parent->launcher == child->launcher;
}

/* PARENT began another child after CHILD had ended: it bore with that failure, or expects some. */
static bool went_on(const struct process *parent, const struct process *child)
{
	for (const struct process *other = parent->child; other != NULL; other = other->sibling)
		if (other != child && began_after(other, parent, child->ended_us))
			return true;
	return false;
}

/* How well the failure of a descendant explains that of a process; weight 0: not at all. */
struct explanation {
	int weight;
	enum link link;
	enum mention mention;
};

#define NOTHING ((struct explanation){0, LINK_NONE, MENTION_NONE})
#define BY_STATUS(weight) ((struct explanation){weight, LINK_STATUS, MENTION_NONE})
#define BY_TIME(weight) ((struct explanation){weight, LINK_TIME, MENTION_NONE})

static struct explanation explain_driver(const struct process *parent, const struct process *child)
{
	(void)parent;
	return BY_STATUS(died_hard(child) ? 4 : answers(child) ? 1 : 3);
}

/* Scripts run many commands that fail harmlessly: a status that was handed on counts, and only a
 * signal's stands for one child alone. */
static struct explanation explain_wrapper(const struct process *parent, const struct process *child)
{
	bool by_signal = rules_died_of_signal(termination_event(child));

	if (rules_hands_on(parent, child)) {
		if (termination_event(parent)->exit_code == 1 && went_on(parent, child))
			return (struct explanation){answers(child) ? 3 : 4,
				died_hard(child) ? LINK_TIME : LINK_COMMON, MENTION_NONE};
		return BY_STATUS(by_signal ? 5 : answers(child) ? 3 : 4);
	}
	if (!ended_soon(parent, child) || answers(child))
		return NOTHING;
	if (went_on(parent, child))
		return died_hard(child) ? (struct explanation){1, LINK_COMMON, MENTION_NONE}
					: NOTHING;
	return BY_TIME(died_hard(child) ? 2 : 1);
}

/* PROCESS failed by itself, and was not ended: by its parent, for example. */
static bool failed_by_itself(const struct job *job, const struct process *process)
{
	enum failure_class failure_class = rules_failure_class(job, process);

	return failure_class == FAILURE_OWN || failure_class == FAILURE_KILLED ||
	       failure_class == FAILURE_SIGNALLED;
}

/* PROCESS did not fail, but was ended by an ancestor or from the terminal. */
static bool was_ended(const struct job *job, const struct process *process)
{
	enum failure_class failure_class = rules_failure_class(job, process);

	return failure_class == FAILURE_TERMINATED || failure_class == FAILURE_INTERRUPTED;
}

/* PROCESS failed because another one was gone, or did not answer. */
static bool waited_in_vain(const struct job *job, const struct process *process)
{
	enum failure_class failure_class = rules_failure_class(job, process);
	const char *type = termination_event(process)->exception.type;

	return failure_class == FAILURE_PEER_LOST || failure_class == FAILURE_PEER_TIMEOUT ||
	       (type != NULL && rules_name_is(NAME_VAIN_WAIT, type));
}

/* PROCESS ended itself because of something that it knew: by an exit, an exception, abort(). */
static bool decided(const struct process *process)
{
	const struct event *event = termination_event(process);

	return (event->cause == CAUSE_EXIT && event->signal.number == 0) ||
	       event->cause == CAUSE_EXCEPTION || event->cause == CAUSE_ABORT;
}

/* PARENT had a kill request when CHILD failed, or CHILD failed before the last program of PARENT
 * began: PARENT did not fail because of that. */
static bool is_other_affair(const struct process *parent, const struct process *child)
{
	return (parent->kill_request != NULL && !kill_is_own(parent) &&
		       parent->kill_request_us < child->ended_us) ||
	       child->ended_us < parent->program_us;
}

/* The step from PARENT down, to what is stored in *RET_CHILD; NULL: there is none. From a shell and
 * the like it is one of its children, and nothing is read of errors. */
static struct chain_step step_from(
	const struct job *job, const struct process *parent, const struct process **ret_child);

/* How the error of PARENT speaks of CHILD or, where that is a shell and the like, of what failed
 * below it. */
static enum mention mention_below(
	const struct job *job, const struct process *parent, const struct process *child)
{
	const struct termination *end = parent->termination->end;
	enum mention mention = mention_of(end, child), below = MENTION_NONE;

	for (int depth = 0; depth < HELPER_DEPTH_MOST && rules_is_wrapper(child->program);
		depth++) {
		step_from(job, child, &child);
		if (child == NULL)
			break;
		below = mention_of(end, child);
	}
	return below > mention ? below : mention;
}

static struct explanation explain_by_mention(
	const struct job *job, const struct process *parent, const struct process *child)
{
	enum mention mention = mention_below(job, parent, child);
	bool soon = ended_soon(parent, child), hard = died_hard(child);

	if (mention >= MENTION_STATUS || (mention == MENTION_NAME && (hard || soon)))
		return (struct explanation){7 + (int)mention, LINK_MENTION, mention};
	if (mention == MENTION_SOME && soon)
		return (struct explanation){hard ? 7 : 3, LINK_MENTION, mention};
	return NOTHING;
}

/* A message that does not speak of CHILD has a reason of its own, unless CHILD crashed, or is what
 * PARENT waited for. */
static struct explanation explain_by_time(
	const struct job *job, const struct process *parent, const struct process *child)
{
	enum event_cause cause = termination_event(parent)->cause;
	bool soon = ended_soon(parent, child), in_vain = waited_in_vain(job, parent);

	if (!failed_by_itself(job, child) || answers(child))
		return NOTHING;
	if (died_hard(child) && (soon || in_vain))
		return BY_TIME(2);
	return in_vain || (cause == CAUSE_EXIT && soon && !went_on(parent, child)) ? BY_TIME(1)
										   : NOTHING;
}

static struct explanation explain_plain(
	const struct job *job, const struct process *parent, const struct process *child)
{
	struct explanation explanation;

	if (is_other_affair(parent, child))
		return NOTHING;
	if (rules_hands_on(parent, child) && rules_died_of_signal(termination_event(child)) &&
		!rules_is_hard(termination_event(parent)))
		return BY_STATUS(6);
	if (!decided(parent) || was_ended(job, child))
		return NOTHING;
	explanation = explain_by_mention(job, parent, child);
	if (explanation.weight > 0)
		return explanation;
	if (mirrors(parent, child))
		return BY_STATUS(5);
	return explain_by_time(job, parent, child);
}

static bool is_plain(const struct process *process)
{
	return !rules_is_wrapper(process->program) && !rules_name_is(NAME_DRIVER, process->program);
}

/* The failure of PARENT may follow from that of a descendant. */
static struct explanation explain(
	const struct job *job, const struct process *parent, const struct process *child)
{
	bool hard = rules_is_hard(termination_event(parent));

	if (!failed_before(child, parent) || termination_event(child)->cause == CAUSE_VANISHED)
		return NOTHING; /* PARENT, too, would know of the end of CHILD */
	if (lost_reader(child))
		return rules_hands_on(parent, child) ? BY_STATUS(1) : NOTHING;
	if (rules_is_wrapper(parent->program))
		return explain_wrapper(parent, child);
	if (rules_name_is(NAME_DRIVER, parent->program))
		return hard ? NOTHING : explain_driver(parent, child);
	return explain_plain(job, parent, child);
}

static bool are_alike(const struct process *one, const struct process *other)
{
	return strcmp(one->program, other->program) == 0 &&
	       termination_event(one)->signal.number == termination_event(other)->signal.number &&
	       termination_event(one)->exit_code == termination_event(other)->exit_code;
}

/* Of two descendants that explain the failure of PARENT equally well, ONE is the better cause. A
 * driver stops at the first that fails, a script hands on the status of the last; any other program
 * bore with a failure after which it began something else, unless that failed in the same way. */
static bool is_better_cause(
	const struct process *parent, const struct process *one, const struct process *other)
{
	if (rules_is_wrapper(parent->program))
		return one->ended_us > other->ended_us;
	if (is_plain(parent) && !are_alike(one, other)) {
		if (began_after(one, parent, other->ended_us))
			return true;
		if (began_after(other, parent, one->ended_us))
			return false;
	}
	return one->ended_us < other->ended_us;
}

struct search {
	const struct job *job;
	const struct process *parent, *best;
	struct explanation explanation; /* of BEST */
	bool lost_reader; /* a child lost its reader, and PARENT has that one's status, too */
};

static void consider(struct search *search, const struct process *child, bool is_stray)
{
	struct explanation explanation = explain(search->job, search->parent, child);
	int weight = search->explanation.weight;

	search->lost_reader |= explanation.weight > 0 && lost_reader(child);
	if (is_stray && explanation.link != LINK_MENTION && explanation.weight != 2)
		return;
	if (explanation.weight == 0 || explanation.weight < weight ||
		(explanation.weight == weight &&
			!is_better_cause(search->parent, child, search->best)))
		return;
	search->best = child;
	search->explanation = explanation;
}

/* PROCESS was still there when PARENT failed: the failures below it may concern PARENT, as those of
 * the children of a fork server do. */
static bool outlived(const struct process *process, const struct process *parent)
{
	return process->termination == NULL || process->ended_us >= parent->ended_us;
}

static void consider_below(struct search *search, const struct process *above, int depth)
{
	for (const struct process *child = above->child; child != NULL; child = child->sibling) {
		if (are_ranks(search->parent, child))
			continue;
		consider(search, child, false);
		if (depth < HELPER_DEPTH_MOST && is_plain(search->parent) &&
			outlived(child, search->parent))
			consider_below(search, child, depth + 1);
	}
}

/* PROCESS has no parent that is known any more, as a daemon: `vigil run` waited for it, or it has
 * the rank of PARENT. It began while PARENT ran, and PARENT may have begun it. */
static bool is_stray_of(const struct process *process, const struct process *parent)
{
	return process->parent == NULL && process != parent && process->init != NULL &&
	       (process->agent_termination != NULL || process->rank != RANK_UNKNOWN) &&
	       process->rank == parent->rank && process->began_us > parent->began_us &&
	       strcmp(process->hostname, parent->hostname) == 0;
}

static void consider_strays(struct search *search)
{
	FOR_EACH_PROCESS (process, search->job)
		if (is_stray_of(process, search->parent) && process_failed(process) &&
			died_hard(process))
			consider(search, process, true);
}

/* CHILD, a child of the same shell, crashed when LAST had begun. */
static bool crashed_beside(const struct process *child, const struct process *last)
{
	return child != last && process_failed(child) && child->ended_us >= last->first_us &&
	       rules_is_hard(termination_event(child)) && !kill_explains(child) &&
	       !lost_reader(child);
}

/* Where the best cause ended by a decision of its own, and the shell handed on its status: the
 * first child that crashed while it ran is the better one. It may have waited for what that wrote,
 * as in a pipe. */
static void consider_feeders(struct search *search)
{
	const struct process *last = search->best, *parent = search->parent;

	if (last == NULL || died_hard(last) || !program_is_shell(parent->program) ||
		!rules_hands_on(parent, last))
		return;
	for (const struct process *child = parent->child; child != NULL; child = child->sibling)
		if (crashed_beside(child, last) && failed_before(child, last) &&
			(search->best == last || child->ended_us < search->best->ended_us)) {
			search->best = child;
			search->explanation = BY_TIME(2);
		}
}

static struct chain_step step_from(
	const struct job *job, const struct process *parent, const struct process **ret_child)
{
	struct search search = {.job = job, .parent = parent};

	consider_below(&search, parent, 0);
	if (is_plain(parent) && decided(parent))
		consider_strays(&search);
	consider_feeders(&search);
	*ret_child = search.best;
	if (search.lost_reader && search.explanation.link == LINK_STATUS)
		search.explanation.link = LINK_TIME;
	if (parent->exec_unseen && search.explanation.link != LINK_MENTION)
		search.explanation.link = LINK_COMMON;
	return (struct chain_step){parent, search.explanation.link, search.explanation.mention};
}

/* Adds STEP below those of CHAIN. */
static void add_step(struct chain *chain, struct chain_step step)
{
	size_t kept = chain->count < CHAIN_MOST ? chain->count++ : CHAIN_MOST - 1;

	memmove(chain->steps + 1, chain->steps, kept * sizeof step);
	chain->steps[0] = step;
	chain->sure = chain->sure && step.link > LINK_TIME;
	chain->common = chain->common || step.link == LINK_COMMON;
}

struct chain chain_of(const struct job *job, const struct process *process)
{
	struct chain chain = {.cause = process, .sure = true};

	for (int depth = 0; depth < PROCESS_DEPTH_MOST && process_failed(chain.cause); depth++) {
		const struct process *child;
		struct chain_step step = step_from(job, chain.cause, &child);

		if (child == NULL)
			break;
		add_step(&chain, step);
		chain.cause = child;
	}
	return chain;
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
		if (are_ranks(rank, child))
			continue;
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
