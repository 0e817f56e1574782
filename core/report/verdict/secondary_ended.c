/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/secondary.h"

#include "core/report/job/kills.h"
#include "core/report/job/thresholds.h"
#include "core/report/verdict/evidence.h"
#include "core/report/verdict/launcher_end.h"
#include "core/report/verdict/remote_shell.h"
#include "core/report/verdict/unheard.h"

#include <signal.h>
#include <string.h>

const char *lost_host(const struct attempt_context *context)
{
	const char *host = NULL;

	if (context->report->host_count < 2)
		return NULL;

	FOR_EACH_RESULT (result, context->attempt) {
		if (result->failure_class != FAILURE_NONE || result->process == NULL)
			continue;
		if (host != NULL && strcmp(host, result->process->hostname) != 0)
			return NULL;
		host = result->process->hostname;
	}
	FOR_EACH_PROCESS (process, &context->report->job)
		if (host != NULL && process->termination != NULL &&
			strcmp(process->hostname, host) == 0)
			return NULL;
	return host == NULL || remote_shell_answered(context, host) ? NULL : host;
}

const char *lost_with_all(const struct attempt_context *context, const struct rank_result *ended)
{
	const struct report *report = context->report;
	const char *host = lost_host(context);
	size_t ranks = 0;

	if (host == NULL || termination_event(ended->ended)->signal.number == SIGKILL)
		return NULL;
	for (size_t i = 0; i < report->missing_count; i++)
		if (strcmp(report->missing[i].hostname, host) == 0)
			return host;
	FOR_EACH_PROCESS (process, &report->job)
		if (strcmp(process->hostname, host) == 0 &&
			(process->rank == RANK_UNKNOWN || (process->is_rank && ++ranks > 1)))
			return host;
	return NULL;
}

const char *explain_lost_host(const struct attempt_context *context)
{
	struct report *report = context->report;
	const char *host = lost_host(context);
	int64_t last_us = report->began_us;

	if (host == NULL)
		return NULL;
	FOR_EACH_PROCESS (process, &report->job)
		if (strcmp(process->hostname, host) == 0 && process->last_us > last_us)
			last_us = process->last_us;
	return report_say(report,
		"host %s is silent since %.1f s after the job began: nothing on it left word of an "
		"end",
		host, (double)(last_us - report->began_us) / 1000000);
}

/* EXPLANATION, and what host was lost before, if one was. */
static const char *with_lost_host(const struct attempt_context *context, const char *explanation)
{
	const char *host = explain_lost_host(context);

	return host == NULL ? explanation
			    : report_say(context->report, "%s; %s", explanation, host);
}

/* The first rank that was ended, if a launcher was requested to end before; where none is known to
 * have been, one that was killed or has no termination; NULL: there is none. */
const struct rank_result *ended_on_request(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;
	const struct process *launcher = launcher_that_was_requested(context);
	const struct rank_result *first = secondary->first ?: context->first[FAILURE_KILLED];

	if (launcher == NULL || first == NULL)
		return launcher == NULL ? NULL : context->first[FAILURE_NONE];
	return launcher->clock == first->ended->clock && launcher->kill_request_us <= first->at_us
		       ? first
		       : NULL;
}

const char *explain_request(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;

	context->attempt->ended = launcher_that_was_requested(context);
	return with_lost_host(
		context, explain_requested(context->report, launcher_that_was_requested(context)));
}

/* The first rank that ended as its launcher was gone, or NULL. */
const struct rank_result *lost_its_launcher(const struct secondary *secondary)
{
	const struct rank_result *first = secondary->first;

	return first != NULL && first->failure_class == FAILURE_LAUNCHER_LOST ? first : NULL;
}

const char *explain_lost_launcher(const struct secondary *secondary)
{
	return explain_gone(secondary->context);
}

/* The process that failed before the first rank was ended by its launcher, where other ranks were
 * never heard of: likely one of them. NULL: there is none. */
static const struct process *unheard_rank(const struct secondary *secondary, size_t *ret_count)
{
	const struct attempt_context *context = secondary->context;
	const struct rank_result *first = secondary->first;

	if (first == NULL || first->failure_class != FAILURE_TERMINATED ||
		context->seen == context->attempt->count)
		return NULL;
	return unheard_failure(context->report, launcher_of(context), first->at_us, ret_count);
}

const struct rank_result *ended_for_unheard(const struct secondary *secondary)
{
	size_t count;

	return unheard_rank(secondary, &count) == NULL ? NULL : secondary->first;
}

void blame_unheard_rank(
	const struct secondary *secondary, const struct rank_result *ended, const char *evidence)
{
	struct attempt *attempt = secondary->context->attempt;
	size_t count = 0;

	(void)ended;
	candidate_add_process(
		secondary->context, &(struct chain){.cause = unheard_rank(secondary, &count)});
	evidence_add(&attempt->candidates[0], evidence);
	attempt->candidates[0].confidence = count == 1 ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
}

/* A parent such as timeout(1) ended RESULT as its time was over: no rank need have died before. */
static bool ran_out_of_time(const struct rank_result *result)
{
	const struct process *parent = result->ended->parent;

	return parent != NULL && parent->termination != NULL &&
	       rules_ran_out_of_time(parent, result->ended);
}

/* How many ranks have no termination, and their launcher is not known to have ended them. */
static size_t missing_ranks(const struct attempt_context *context)
{
	size_t count = 0;

	FOR_EACH_RESULT (result, context->attempt)
		count += result->failure_class == FAILURE_NONE &&
			 !context_was_killed_unreported(context, result);
	return count;
}

const struct rank_result *ended_for_missing(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;
	const struct rank_result *first = secondary->first;

	return first != NULL && first->failure_class == FAILURE_TERMINATED &&
			       context->count[FAILURE_OWN] == 0 && !ran_out_of_time(first) &&
			       missing_ranks(context) > 0
		       ? first
		       : NULL;
}

const struct rank_result *ended_for_few(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;
	const struct rank_result *first = ended_for_missing(secondary);

	return first != NULL && ((missing_ranks(context) <= CANDIDATES_MOST &&
					 launcher_decided(context)) ||
					lost_with_all(context, first) != NULL)
		       ? first
		       : NULL;
}

const char *explain_missing(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;
	const struct process *root = context->root;

	return with_lost_host(context,
		report_say(context->report,
			"it is not known who failed first: the launcher ended ranks (%s)%s%s; it "
			"may have been told to, or have done so for a rank that left no word of an "
			"end",
			secondary->first->reason,
			root->termination == NULL ? "" : ", and ended with ",
			root->termination == NULL ? "" : report_reason(context->report, root)));
}

/* The first rank, if the launcher itself decided to kill all, as MPICH's may, or NULL. */
const struct rank_result *ended_by_launcher(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;

	return secondary->first != NULL && launcher_decided(context) &&
			       !rules_is_wrapper(context->root->program) &&
			       !ran_out_of_time(secondary->first) &&
			       context->count[FAILURE_TERMINATED] == context->seen
		       ? secondary->first
		       : NULL;
}

const char *explain_launcher(const struct secondary *secondary)
{
	return report_say(secondary->context->report,
		"no rank is known to have failed first: the launcher ended them all (%s), and one "
		"may have been dead before that",
		secondary->first->reason);
}

const struct rank_result *ended_rank(const struct secondary *secondary)
{
	return secondary->first;
}

const char *explain_outside(const struct secondary *secondary)
{
	secondary->context->attempt->ended = secondary->first->ended;
	return with_lost_host(secondary->context,
		explain_ended(secondary->context->report, secondary->first->reason));
}

/* The first rank of those that were all killed at once, and nobody saw by whom. */
const struct rank_result *killed_together(const struct secondary *secondary)
{
	const struct rank_result *killed = secondary->context->first[FAILURE_KILLED];

	return killed != NULL && killed_for_launcher(secondary->context, killed) ? killed : NULL;
}

const char *explain_killed(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;

	return report_say(context->report,
		"no rank is known to have failed first: %zu were killed at once (SIGKILL), by "
		"their "
		"launcher or from outside, and one may have been dead before that",
		context->count[FAILURE_KILLED]);
}

const struct rank_result *not_terminated(const struct secondary *secondary)
{
	const struct attempt_context *context = secondary->context;

	return context->root->termination != NULL ? context->first[FAILURE_NONE] : NULL;
}

const char *explain_not_terminated(const struct secondary *secondary)
{
	struct report *report = secondary->context->report;
	const struct process *root = secondary->context->root;

	return report_say(report,
		"no rank told of a failure, and some left no word of an end; %s (pid %d) ended "
		"with %s",
		root->program, root->pid, report_reason(report, root));
}
