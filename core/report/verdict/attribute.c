/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who failed first in an attempt: a rank that failed by itself (blame_primary()); else the rank
 * that the secondary failures show (secondary_failures.c); in a job without failed ranks a process
 * (blame_process()). Then every rank gets its role (roles.c).
 */
#include "core/report/verdict/attribution.h"
#include "core/report/verdict/verdict.h"

#include "core/base/order.h"
#include "core/report/job/kills.h"
#include "core/report/verdict/collectives.h"
#include "core/report/verdict/evidence.h"
#include "core/report/verdict/launcher_end.h"
#include "core/report/verdict/remote_shell.h"
#include "core/report/verdict/stall.h"
#include "core/report/verdict/straggler.h"
#include "core/report/verdict/unheard.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* The status of RESULT stands for a signal that nobody sent. Its launcher, which reports every
 * kill(), sent it none, and ended the other ranks only later; and a terminal would have sent the
 * signal to several ranks. */
static bool obeyed_nobody(const struct attempt_context *context, const struct rank_result *result)
{
	const struct rank_result *ended = context_first_ended(context);

	return context->count[FAILURE_OBEYED] == 1 && context->count[FAILURE_INTERRUPTED] == 0 &&
	       result->ended->kill_request == NULL && result->process->kill_request == NULL &&
	       kills_are_complete(&context->report->job, result->process) && ended != NULL &&
	       ended->ended->clock == result->ended->clock && ended->at_us > result->at_us;
}

/* KILLED was dead, by its waiter's clock, before the waiter of OTHER knew of OTHER's termination:
 * so nobody killed it because of that. */
static bool died_before_known(const struct rank_result *killed, const struct rank_result *other)
{
	const struct event_record *one = killed->ended->agent_termination,
				  *two = other->ended->agent_termination;

	return one != NULL && two != NULL && killed->ended->clock == other->ended->clock &&
	       one->mono_us > 0 && one->mono_us < two->mono_us;
}

/* The first failure that needs no other to explain it; NULL: there is none. */
static const struct rank_result *first_primary(const struct attempt_context *context)
{
	const struct rank_result *first = context->first[FAILURE_OWN],
				 *killed = context->first[FAILURE_KILLED],
				 *signalled = context->first[FAILURE_SIGNALLED],
				 *obeyed = context->first[FAILURE_OBEYED];

	if (killed != NULL && killed_for_launcher(context, killed))
		killed = NULL;
	if (context_earlier(killed, first) ||
		(killed != NULL && first != NULL && died_before_known(killed, first)))
		first = killed;
	if (context_one_signalled(context) && context_earlier(signalled, first))
		first = signalled;
	if ((first == NULL && context_first_ended(context) == NULL) ||
		(context_earlier(obeyed, first) && obeyed_nobody(context, obeyed)))
		first = obeyed;
	return first;
}

/* Only its waiter reports the termination of RESULT, which the process could have reported itself:
 * the cause and the time are unknown. */
static bool is_second_hand(const struct rank_result *result)
{
	const struct event *event = termination_event(result->ended);

	return result->ended->termination->source == SOURCE_AGENT && event->cause != CAUSE_OOM &&
	       event->signal.number != SIGKILL;
}

/* The failure of RESULT, a rank other than FIRST, may have begun before that of FIRST was reported.
 */
static bool may_overlap(const struct attempt_context *context, const struct rank_result *first,
	const struct rank_result *result)
{
	return (result->failure_class == FAILURE_OWN ||
		       (result->failure_class == FAILURE_KILLED &&
			       !context_was_ending(context, result))) &&
	       result->at_us - rules_lateness_us(result->ended) <= first->at_us;
}

/* The failure of FIRST may overlap with that of another rank. A fault, an abort or a lack of memory
 * comes from the process itself, whatever failed before: only a failure that a waiter alone reports
 * may overlap with it. */
static bool any_overlap(const struct attempt_context *context, const struct rank_result *first)
{
	enum event_cause cause = termination_event(first->ended)->cause;
	bool is_fault = cause == CAUSE_FAULT || cause == CAUSE_ABORT || cause == CAUSE_OOM;

	FOR_EACH_RESULT (result, context->attempt)
		if (result != first && result->ended != NULL &&
			may_overlap(context, first, result) &&
			(!is_fault || is_second_hand(result)))
			return true;
	return false;
}

/* FIRST failed by its own doing: it reported the failure itself, or the kernel's log or its
 * count of kills says so, or its launcher reports every kill() and sent none. */
static bool is_own_doing(const struct attempt_context *context, const struct rank_result *first)
{
	const struct process *ended = first->ended;
	const struct event *event = termination_event(ended);

	if (first->failure_class == FAILURE_KILLED)
		return ended->late_kill != NULL || kills_are_complete(&context->report->job, ended);
	if (ended->oom_message != NULL)
		return true;
	if (event->cause == CAUSE_OOM && event->oom.cgroup != NULL)
		return event->oom.kills_after > event->oom.kills_before;
	return first->failure_class == FAILURE_OWN && ended->termination->source == SOURCE_WORKER &&
	       !rules_was_handling(event);
}

/* A host's clock was moved because of the order of failures: that order is then no proof. */
static bool moved_by_peers(const struct report *report)
{
	for (size_t i = 0; i < report->offset_count; i++)
		if (!report->offsets[i].by_launcher)
			return true;
	return false;
}

static bool other_failed_before(
	const struct attempt_context *context, const struct rank_result *first)
{
	FOR_EACH_RESULT (result, context->attempt)
		if (result != first && result->ended != NULL &&
			result->failure_class != FAILURE_OK &&
			(result->at_us < first->at_us ||
				(is_second_hand(result) &&
					result->at_us - first->at_us <=
						rules_lateness_us(result->ended))))
			return true;
	return false;
}

/* FIRST had ended, as its waiter saw, before PROCESS was requested to end, by more than two hosts'
 * clocks may differ. */
static bool ended_before_request(const struct attempt_context *context,
	const struct rank_result *first, const struct process *process)
{
	int64_t error_us =
		process->clock == first->ended->clock ? 0 : context->report->request.skew_us;

	return first->at_us + error_us < process->kill_request_us;
}

/* The launcher had killed a rank of which no termination is known before FIRST failed. */
static bool launcher_had_begun(
	const struct attempt_context *context, const struct rank_result *first)
{
	FOR_EACH_RESULT (result, context->attempt) {
		const struct process *process = result->process;

		if (!context_was_killed_unreported(context, result))
			continue;
		if (first->failure_class == FAILURE_KILLED
				? !ended_before_request(context, first, process)
				: process->clock == first->ended->clock &&
					  process->kill_request_us <
						  first->at_us - rules_lateness_us(first->ended))
			return true;
	}
	return first->failure_class == FAILURE_KILLED &&
	       context_earlier(context->first[FAILURE_TERMINATED], first);
}

/* FIRST was killed by nobody knows whom, and another rank as well so soon after it that the waiter
 * may have seen it too late: which of them was killed because of the other is unknown. */
static bool killed_like_another(
	const struct attempt_context *context, const struct rank_result *first)
{
	if (first->failure_class != FAILURE_KILLED || is_own_doing(context, first))
		return false;
	FOR_EACH_RESULT (result, context->attempt)
		if (result != first && result->failure_class == FAILURE_KILLED &&
			result->at_us - first->at_us <= rules_lateness_us(result->ended))
			return true;
	return false;
}

/* Others may have caused the failure of FIRST. */
static bool is_doubtful(const struct attempt_context *context, const struct rank_result *first)
{
	/* an exception that has an event of its own, or what a handler of its own had, was there
	 * before the job was ended */
	bool job_was_ended =
		!rules_was_handling(termination_event(first->ended)) &&
		(first->ended->raised == NULL || first->at_us >= context->root->ended_us) &&
		rules_class_is_ended(rules_failure_class(&context->report->job, context->root));

	if (context->count[FAILURE_NONE] > 0 && (first->failure_class == FAILURE_SIGNALLED ||
							is_second_hand(first) || job_was_ended))
		return true;
	return launcher_had_begun(context, first) || killed_like_another(context, first) ||
	       ((is_second_hand(first) || job_was_ended) && other_failed_before(context, first));
}

/* FIRST may have ended because time ran out: nobody knows what it said, and another rank had not
 * come, or by dumps it waited in a collective; or it was killed after that, and nobody knows by
 * whom. */
static bool may_follow_timeout(
	const struct attempt_context *context, const struct rank_result *first)
{
	if (first->failure_class == FAILURE_KILLED)
		return context_earlier(context->first[FAILURE_PEER_TIMEOUT], first) &&
		       !kills_are_complete(&context->report->job, first->ended);
	return is_second_hand(first) && (straggler_by_stack(context, first) != NULL ||
						collectives_waited(context->attempt, first->rank));
}

static enum confidence confidence_in(
	const struct attempt_context *context, const struct rank_result *first)
{
	const struct rank_result *peer = context_first_peer(context);

	if (context->attempt->candidate_count > 1 || is_doubtful(context, first) ||
		may_follow_timeout(context, first) || stall_may_explain(context, first))
		return CONFIDENCE_UNSURE;
	return moved_by_peers(context->report) || !first->sure || !is_own_doing(context, first) ||
			       context->count[FAILURE_NONE] > 0 ||
			       context->seen < context->attempt->count ||
			       any_overlap(context, first) || context_earlier(peer, first) ||
			       others_failed_alike(context, first)
		       ? CONFIDENCE_LIKELY
		       : CONFIDENCE_PROVEN;
}

static int compare_times(const void *a, const void *b)
{
	const struct rank_result *one = *(const struct rank_result *const *)a,
				 *other = *(const struct rank_result *const *)b;

	return COMPARE(one->at_us, other->at_us);
}

static bool has_clock(const struct attempt *attempt, size_t clock)
{
	FOR_EACH_CANDIDATE (candidate, attempt)
		if (candidate->process->clock == clock)
			return true;
	return false;
}

/* The sender of SIGKILL found both dead at one look: nobody knows which was first. */
static bool found_dead_together(const struct rank_result *one, const struct rank_result *other)
{
	return one->failure_class == FAILURE_KILLED && other->failure_class == FAILURE_KILLED &&
	       one->ended->late_kill != NULL && other->ended->late_kill != NULL &&
	       one->ended->clock == other->ended->clock && one->at_us == other->at_us;
}

/* RIVAL may have failed before FIRST: it is the first failure of another host, and the two are too
 * close; or the waiter of FIRST saw it too late to order the two. */
static bool is_rival(const struct attempt_context *context, const struct rank_result *first,
	const struct rank_result *rival)
{
	if (rival->failure_class != FAILURE_OWN && rival->failure_class != FAILURE_KILLED)
		return false;
	if (context_together(context, first, rival))
		return !has_clock(context->attempt, rival->ended->clock);
	if (found_dead_together(first, rival))
		return true;
	return first->failure_class == FAILURE_KILLED && rival->failure_class == FAILURE_OWN &&
	       rival->at_us < first->at_us;
}

static int add_rivals(struct attempt_context *context, const struct rank_result *first)
{
	const struct attempt *attempt = context->attempt;
	const struct rank_result **by_time = reallocarray(NULL, attempt->count, sizeof *by_time);

	if (by_time == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < attempt->count; i++)
		by_time[i] = &attempt->results[i];
	qsort(by_time, attempt->count, sizeof *by_time, compare_times);
	for (size_t i = 0; i < attempt->count; i++)
		if (by_time[i] != first && by_time[i]->ended != NULL &&
			is_rival(context, first, by_time[i]))
			candidate_add(context, by_time[i]);
	free(by_time);
	return 0;
}

/* How long before FIRST the failure of PEER may have come and yet follow from it. Where PEER is
 * only thought to speak of a lost peer, the exit of FIRST may as well follow from that of PEER. */
static int64_t grace_for(const struct rank_result *peer, const struct rank_result *first)
{
	return rules_is_worded(peer->ended) && termination_event(first->ended)->cause == CAUSE_EXIT
		       ? 0
		       : rules_lateness_us(first->ended);
}

/* Makes FIRST a candidate, and all failures that cannot be distinguished from it. */
static int blame_primary(struct attempt_context *context, const struct rank_result *first)
{
	const struct rank_result *peer = context_first_peer(context);

	if (peer != NULL && context_before(context, peer, first, grace_for(peer, first)))
		candidate_add(context, peer);
	candidate_add(context, first);
	if (add_rivals(context, first) < 0)
		return -ENOMEM;
	FOR_EACH_CANDIDATE (candidate, context->attempt)
		candidate->confidence = confidence_in(context, first);
	if (others_failed_alike(context, first))
		evidence_add(&context->attempt->candidates[0],
			"all other ranks but one failed in the same way: they may have waited for "
			"that one");
	return 0;
}

/* No rank failed, and yet the job did. */
static bool only_others_failed(const struct attempt_context *context)
{
	const struct report *report = context->report;

	return context->count[FAILURE_OK] == context->seen &&
	       context->attempt == &report->attempts[report->attempt_count - 1] &&
	       report->outcome == OUTCOME_FAILED && process_failed(report->root);
}

static enum outcome outcome_of(const struct attempt_context *context)
{
	size_t running = context->count[FAILURE_NONE];
	enum outcome outcome = context->report->outcome;

	if (context->seen == 0)
		return outcome;
	if (context->count[FAILURE_OK] + running < context->seen || context->attempt->has_root)
		return OUTCOME_FAILED;
	if (running == 0)
		return OUTCOME_SUCCEEDED;
	return outcome == OUTCOME_SUCCEEDED ? OUTCOME_UNKNOWN : outcome;
}

int attribute(struct report *report, struct attempt *attempt)
{
	struct attempt_context context = attempt_context_of(report, attempt);
	const struct rank_result *first = first_primary(&context);
	int error = 0;

	attempt->candidates = report_alloc(report, CANDIDATES_MOST * sizeof *attempt->candidates);
	if (attempt->candidates == NULL)
		return -ENOMEM;
	if (report->outcome == OUTCOME_SUCCEEDED && report->attempt_count == 1 && first == NULL)
		blame_early_leaver(&context);
	else if (context.seen == 0 && report->outcome == OUTCOME_FAILED && blame_unheard(&context))
		error = 0;
	else if (report->outcome != OUTCOME_SUCCEEDED && blame_lost_shell(&context))
		error = 0;
	else if (stall_explains(&context, first) && report->outcome != OUTCOME_SUCCEEDED &&
		 report->outcome != OUTCOME_RUNNING && blame_stall(&context))
		error = 0;
	else if (only_others_failed(&context))
		blame_process(&context);
	else if (first != NULL && !context_was_ending(&context, first))
		error = blame_primary(&context, first);
	else
		blame_secondary(&context);
	if (error == 0 && attempt->has_root)
		common_cause_set(&context);
	if (error == 0)
		error = concurrent_failures_set(&context);
	roles_set(&context);
	FOR_EACH_CANDIDATE (candidate, attempt) {
		collectives_explain(report, attempt, candidate);
		evidence_of_others(report, attempt, candidate);
	}
	attempt->outcome = outcome_of(&context);
	return error < 0 ? error : note_unheard(&context);
}
