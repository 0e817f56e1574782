/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/attribute.h"

#include "core/report/verdict/candidates.h"
#include "core/report/job/chain.h"
#include "core/report/verdict/secondary_failures.h"
#include "core/report/verdict/evidence.h"
#include "core/report/job/kills.h"
#include "core/report/verdict/concurrent_failures.h"
#include "core/report/verdict/roles.h"
#include "core/report/verdict/attempt_context.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* Its status stands for a signal, but its launcher, which reports all that it sends, sent it none,
 * and ended the others only after that; what comes from a terminal comes to several. */
static bool obeyed_nobody(const struct attempt_context *context, const struct rank_result *obeyed)
{
	const struct rank_result *ended = context_first_ended(context);

	return context->count[FAILURE_OBEYED] == 1 && context->count[FAILURE_INTERRUPTED] == 0 &&
	       obeyed->ended->kill_request == NULL && obeyed->process->kill_request == NULL &&
	       kills_are_complete(&context->report->job, obeyed->process) && ended != NULL &&
	       ended->ended->clock == obeyed->ended->clock && ended->at_us > obeyed->at_us;
}

/* The first failure that needs no other to explain it; NULL: there is none. */
static const struct rank_result *first_primary(const struct attempt_context *context)
{
	const struct rank_result *first = context->first[FAILURE_OWN],
				 *killed = context->first[FAILURE_KILLED];
	const struct rank_result *signalled = context->first[FAILURE_SIGNALLED],
				 *obeyed = context->first[FAILURE_OBEYED];
	bool lone = context->count[FAILURE_SIGNALLED] == 1 && context_ranks_seen(context) > 1;

	if (context_earlier(killed, first) ||
		(killed != NULL && first != NULL && context_died_unprompted(killed, first)))
		first = killed;
	if (lone && context_earlier(signalled, first))
		first = signalled;
	if ((first == NULL && context_first_ended(context) == NULL) ||
		(context_earlier(obeyed, first) && obeyed_nobody(context, obeyed)))
		first = obeyed;
	return first;
}

/* Its waiter alone reports its end, which it could have reported itself: of what, and when, is
 * unknown. */
static bool is_second_hand(const struct rank_result *result)
{
	const struct event_record *end = result->ended->termination;

	return end->source == SOURCE_AGENT && end->end->event.cause != CAUSE_OOM &&
	       end->end->event.signal.number != SIGKILL;
}

/* Whether the failure of OTHER may have begun before that of FIRST was reported. */
static bool may_overlap(const struct attempt_context *context, const struct rank_result *first,
	const struct rank_result *other)
{
	return other != first && other->ended != NULL &&
	       (other->failure_class == FAILURE_OWN ||
		       (other->failure_class == FAILURE_KILLED &&
			       !context_was_ending(context, other))) &&
	       other->at_us - rules_lateness_us(other->ended) <= first->at_us;
}

static bool any_overlap(const struct attempt_context *context, const struct rank_result *first,
	bool second_hand_only)
{
	for (size_t i = 0; i < context->attempt->count; i++) {
		const struct rank_result *result = &context->attempt->results[i];

		if (may_overlap(context, first, result) &&
			(!second_hand_only || is_second_hand(result)))
			return true;
	}
	return false;
}

/* A fault or an abort is nobody else's doing, whatever else there is. */
static bool is_plain_fault(const struct rank_result *result)
{
	enum event_cause cause = termination_event(result->ended)->cause;

	return cause == CAUSE_FAULT || cause == CAUSE_ABORT || cause == CAUSE_OOM;
}

/* It said so itself, or what is known of others' doing leaves nothing else: a count that rose, a
 * launcher that reports every kill() and sent none. */
static bool is_own_doing(const struct attempt_context *context, const struct rank_result *first)
{
	const struct process *process = first->ended;
	const struct event *event = termination_event(process);

	if (first->failure_class == FAILURE_KILLED)
		return kills_are_complete(&context->report->job, process);
	if (event->cause == CAUSE_OOM && event->oom.cgroup != NULL)
		return event->oom.kills_after > event->oom.kills_before;
	return first->failure_class == FAILURE_OWN && process->termination->source == SOURCE_WORKER;
}

/* That a host's clock is wrong was taken from the order of the ends: what follows from the order is
 * no proof. */
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
	for (size_t i = 0; i < context->attempt->count; i++) {
		const struct rank_result *result = &context->attempt->results[i];

		if (result != first && result->ended != NULL &&
			result->failure_class != FAILURE_OK &&
			(result->at_us < first->at_us ||
				(is_second_hand(result) &&
					result->at_us - first->at_us <=
						rules_lateness_us(result->ended))))
			return true;
	}
	return false;
}

/* What began the job, or this launch of it, ended as one does that was asked to. */
static bool job_was_ended(const struct attempt_context *context)
{
	enum failure_class failure_class =
		rules_failure_class(&context->report->job, context->root);

	return failure_class == FAILURE_OBEYED || failure_class == FAILURE_TERMINATED ||
	       failure_class == FAILURE_INTERRUPTED || failure_class == FAILURE_SIGNALLED;
}

/* Its launcher had sent signals to others before the waiter saw that FIRST was dead. */
static bool launcher_had_killed(
	const struct attempt_context *context, const struct rank_result *first)
{
	for (size_t i = 0; i < context->attempt->count; i++)
		if (context_was_killed_unreported(context, &context->attempt->results[i]))
			return true;
	return context_earlier(context->first[FAILURE_TERMINATED], first);
}

/* Its launcher had asked another to end before FIRST failed, and of that one no end is known. */
static bool launcher_had_begun(
	const struct attempt_context *context, const struct rank_result *first)
{
	for (size_t i = 0; i < context->attempt->count; i++) {
		const struct rank_result *result = &context->attempt->results[i];

		if (context_was_killed_unreported(context, result) &&
			result->process->clock == first->ended->clock &&
			result->process->kill_request_us <
				first->at_us - rules_lateness_us(first->ended))
			return true;
	}
	return false;
}

/* What it is said to have done first may as well be what others had done to it. */
static bool is_doubtful(const struct attempt_context *context, const struct rank_result *first)
{
	if (context->count[FAILURE_NONE] > 0 &&
		(first->failure_class == FAILURE_SIGNALLED || is_second_hand(first) ||
			job_was_ended(context)))
		return true;
	if (launcher_had_begun(context, first) ||
		(first->failure_class == FAILURE_KILLED && launcher_had_killed(context, first)))
		return true;
	return (is_second_hand(first) || job_was_ended(context)) &&
	       other_failed_before(context, first);
}

static enum confidence confidence_in(
	const struct attempt_context *context, const struct rank_result *first)
{
	const struct rank_result *peer = context_first_peer(context);

	if (context->attempt->candidate_count > 1 || is_doubtful(context, first))
		return CONFIDENCE_UNSURE;
	if (moved_by_peers(context->report) || !is_own_doing(context, first) ||
		context->count[FAILURE_NONE] > 0 ||
		context_ranks_seen(context) < context->attempt->count)
		return CONFIDENCE_LIKELY;
	if (any_overlap(context, first, is_plain_fault(first)))
		return CONFIDENCE_LIKELY;
	return peer != NULL && peer->at_us < first->at_us ? CONFIDENCE_LIKELY : CONFIDENCE_PROVEN;
}

static int compare_times(const void *a, const void *b)
{
	const struct rank_result *one = *(const struct rank_result *const *)a,
				 *other = *(const struct rank_result *const *)b;

	return (one->at_us > other->at_us) - (one->at_us < other->at_us);
}

static bool has_clock(const struct attempt *attempt, size_t clock)
{
	for (size_t i = 0; i < attempt->candidate_count; i++)
		if (attempt->candidates[i].process->clock == clock)
			return true;
	return false;
}

/* RIVAL may have failed before FIRST: the first of another host, too close to report, or what a
 * waiter saw too late to report. */
static bool is_rival(const struct attempt_context *context, const struct rank_result *first,
	const struct rank_result *rival)
{
	if (rival->failure_class != FAILURE_OWN && rival->failure_class != FAILURE_KILLED)
		return false;
	if (context_together(context, first, rival))
		return !has_clock(context->attempt, rival->ended->clock);
	return first->failure_class == FAILURE_KILLED && rival->failure_class == FAILURE_OWN &&
	       rival->at_us < first->at_us;
}

/* What cannot be distinguished from FIRST is a candidate as well. */
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

static int blame_primary(struct attempt_context *context, const struct rank_result *first)
{
	const struct rank_result *peer = context_first_peer(context);

	if (peer != NULL && context_before(context, peer, first, rules_lateness_us(first->ended)))
		candidate_add(context, peer);
	candidate_add(context, first);
	if (add_rivals(context, first) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < context->attempt->candidate_count; i++)
		context->attempt->candidates[i].confidence = confidence_in(context, first);
	return 0;
}

static bool was_ended(enum failure_class failure_class, const struct event *event)
{
	return failure_class == FAILURE_TERMINATED || failure_class == FAILURE_INTERRUPTED ||
	       failure_class == FAILURE_SIGNALLED ||
	       (failure_class == FAILURE_OBEYED && event->exit_code != 128 + SIGKILL);
}

/* One failed of which nobody knows who began it: the chain of failures may lead there. */
static bool stray_failed(const struct report *report)
{
	for (size_t i = 0; i < report->job.count; i++) {
		const struct process *process = &report->job.processes[i];

		if (process->parent == NULL && process != report->root &&
			process->termination != NULL && process->termination->state == NODE_FAILED)
			return true;
	}
	return false;
}

/* What hands on the end of others says nothing of its own; and one of which no end is known may be
 * what it handed on. */
static enum confidence confidence_in_process(
	const struct report *report, const struct process *process)
{
	bool hard = rules_is_hard(termination_event(process));
	bool hands_on = rules_is_wrapper(process->program) || rules_is_driver(process->program);
	bool unreported = report->unfinished > 0 || report->job.lost > 0 || stray_failed(report);

	if (unreported && report->root->termination != NULL)
		return hard ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
	if (process->termination->source != SOURCE_WORKER)
		return CONFIDENCE_LIKELY;
	return hard || (process == report->root && !hands_on) ? CONFIDENCE_PROVEN
							      : CONFIDENCE_LIKELY;
}

/* A job without ranks, or whose ranks are all well: down from its first process. */
static void blame_process(struct attempt_context *context)
{
	struct report *report = context->report;
	const struct process *process = chain_of_job(report->root);
	const struct event *event = termination_event(process);

	if (was_ended(rules_failure_class(&report->job, process), event)) {
		context->attempt->explanation =
			attempt_say_ended(report, report_reason(report, process));
		return;
	}
	candidate_add_process(context, process);
	context->attempt->candidates[0].confidence = confidence_in_process(report, process);
	if (process != report->root)
		evidence_add(&context->attempt->candidates[0],
			report_say(report, "%s (pid %d), which began the job, failed after it",
				report->root->program, report->root->pid));
}

/* No rank failed, and yet the job did. */
static bool only_others_failed(const struct attempt_context *context)
{
	const struct report *report = context->report;

	return context->count[FAILURE_OK] == context_ranks_seen(context) &&
	       context->attempt == &report->attempts[report->attempt_count - 1] &&
	       report->outcome == OUTCOME_FAILED && report->root->termination != NULL &&
	       report->root->termination->state == NODE_FAILED;
}

static enum outcome outcome_of(const struct attempt_context *context)
{
	size_t ok = context->count[FAILURE_OK], running = context->count[FAILURE_NONE],
	       seen = context_ranks_seen(context);

	if (seen == 0)
		return context->report->outcome;
	if (ok + running < seen || context->attempt->has_root)
		return OUTCOME_FAILED;
	if (running == 0)
		return OUTCOME_SUCCEEDED;
	return context->report->outcome == OUTCOME_SUCCEEDED ? OUTCOME_UNKNOWN
							     : context->report->outcome;
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
	else if (only_others_failed(&context))
		blame_process(&context);
	else if (first != NULL && !context_was_ending(&context, first))
		error = blame_primary(&context, first);
	else
		blame_secondary(&context);
	concurrent_failures_add(&context);
	roles_set(&context);
	for (size_t i = 0; i < attempt->candidate_count; i++)
		evidence_of_others(report, attempt, &attempt->candidates[i]);
	attempt->outcome = outcome_of(&context);
	return error;
}
