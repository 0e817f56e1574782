/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/concurrent_failures.h"

#include "core/report/verdict/candidates.h"
#include "core/report/verdict/evidence.h"
#include "core/report/job/thresholds.h"

/* It reported itself of what it did: no waiter's word, no exit that a handler may have made. */
static bool reported_own_fault(
	const struct attempt_context *context, const struct rank_result *result)
{
	const struct process *failed = result->ended;

	return failed != NULL && result->failure_class == FAILURE_OWN &&
	       failed->termination->source == SOURCE_WORKER &&
	       (rules_is_hard(termination_event(failed)) || rules_is_unstarted(failed)) &&
	       !context_was_ending(context, result);
}

static bool came_soon_after(const struct rank_result *result, const struct finding *candidate)
{
	const struct process *process = candidate->process;
	int64_t late_us = result->at_us - candidate->at_us;

	return process != NULL && process->termination != NULL &&
	       process->clock == result->ended->clock && late_us >= 0 && late_us <= CONCURRENT_US;
}

/* The candidate that MEMBER came so soon after; NULL: there is none, or it is one itself. */
static const struct finding *first_of(
	const struct attempt_context *context, const struct rank_result *result)
{
	const struct attempt *attempt = context->attempt;
	const struct finding *first = NULL;

	if (!reported_own_fault(context, result))
		return NULL;
	for (size_t i = 0; i < attempt->candidate_count; i++) {
		if (attempt->candidates[i].rank == result->rank)
			return NULL;
		if (first == NULL && came_soon_after(result, &attempt->candidates[i]))
			first = &attempt->candidates[i];
	}
	return first;
}

bool concurrent_failures_has(
	const struct attempt_context *context, const struct rank_result *result)
{
	return first_of(context, result) != NULL;
}

/* While it reports its end, a process still holds all that others could miss. */
static bool was_still_there(const struct finding *first, int64_t late_us)
{
	return first->process->termination->source == SOURCE_WORKER &&
	       late_us < termination_event(first->process)->trace_us;
}

static void add(struct attempt_context *context, const struct rank_result *result,
	const struct finding *first)
{
	const char *whom = report_subject(context->report, first->rank, first->process);
	double late_ms = (double)(result->at_us - first->at_us) / 1000;
	struct finding *finding = candidate_add_behind(context, result);

	if (finding == NULL)
		return;
	finding->after_us = result->at_us - first->at_us;
	finding->confidence = CONFIDENCE_UNSURE;
	if (!was_still_there(first, finding->after_us)) {
		evidence_add(finding,
			report_say(context->report,
				"it came %.1f ms after %s failed, by the same clock: a second "
				"cause, unless it follows from that",
				late_ms, whom));
		return;
	}
	finding->confidence = CONFIDENCE_LIKELY;
	evidence_add(finding, report_say(context->report,
				      "it came %.1f ms after %s failed, which was still telling of "
				      "that: nobody could miss it yet",
				      late_ms, whom));
}

void concurrent_failures_add(struct attempt_context *context)
{
	for (size_t i = 0; i < context->attempt->count; i++) {
		const struct rank_result *result = &context->attempt->results[i];
		const struct finding *first = first_of(context, result);

		if (first != NULL)
			add(context, result, first);
	}
}
