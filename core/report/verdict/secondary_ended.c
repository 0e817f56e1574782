/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/secondary.h"

#include "core/report/job/kills.h"
#include "core/report/job/thresholds.h"
#include "core/report/verdict/evidence.h"
#include "core/report/verdict/launcher_end.h"
#include "core/report/verdict/unheard.h"

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
	return explain_requested(
		secondary->context->report, launcher_that_was_requested(secondary->context));
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
	return explain_ended(secondary->context->report, secondary->first->reason);
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
