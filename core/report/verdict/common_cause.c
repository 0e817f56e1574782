/* SPDX-License-Identifier: Apache-2.0 */
/* All ranks failed alike and nearly at once, as for an input that all of them read. */
#include "core/report/verdict/attribution.h"

#include "core/report/job/mpi_error.h"
#include "core/report/job/thresholds.h"
#include "core/report/verdict/similar.h"

#include <string.h>

static const struct rank_result *first_of(const struct attempt *attempt)
{
	const struct rank_result *first = NULL;

	FOR_EACH_RESULT (result, attempt)
		if (result->ended != NULL && (first == NULL || result->at_us < first->at_us))
			first = result;
	return first;
}

/* Of MPI's own errors: one that has a class. Where a peer is lost, there may be none. */
static bool is_mpi_error(const struct rank_result *result, bool own)
{
	struct mpi_error error;

	return mpi_error_of(result->ended->termination->end, &error) && error.name != NULL &&
	       error.own >= own;
}

/* RESULT reported its failure itself, and nothing that it can follow from had happened. */
static bool is_own(const struct attempt_context *context, const struct rank_result *result)
{
	if (result->ended == NULL || result->ended->termination->source != SOURCE_WORKER)
		return false;
	if (rules_called_abort(result->ended->termination->end))
		return true; /* it stood there before somebody ended it */
	return (result->failure_class == FAILURE_OWN || is_mpi_error(result, false)) &&
	       !context_was_ending(context, result);
}

/* An exception, a program that cannot be started, or an error of the call itself that MPI finds,
 * does not follow from that of another rank. Where only a status and a place are known, the time
 * has to show that. */
static int64_t most_after(const struct rank_result *result)
{
	const struct termination *end = result->ended->termination->end;

	return end->event.cause == CAUSE_EXCEPTION || end->event.cause == CAUSE_EXEC_FAILED ||
			       rules_called_abort(end) || is_mpi_error(result, true)
		       ? ALIKE_US
		       : ALIKE_EXIT_US;
}

/* Both exited with the same status, and neither has a stack. */
static bool same_bare_exit(const struct rank_result *one, const struct rank_result *other)
{
	const struct event *a = termination_event(one->ended), *b = termination_event(other->ended);

	return one->failure_class == FAILURE_OWN && a->cause == CAUSE_EXIT &&
	       b->cause == CAUSE_EXIT && a->exit_code == b->exit_code && a->frame_count == 0 &&
	       b->frame_count == 0;
}

bool common_failures(const struct attempt_context *context, const struct rank_result *first,
	const struct rank_result *other)
{
	return is_own(context, other) && other->ended->clock == first->ended->clock &&
	       other->at_us - first->at_us <= most_after(other) && similar_failures(first, other);
}

/* Returns the time from the first to the last failure, or -1 where they were not all alike. */
static int64_t span_of(const struct attempt_context *context, const struct rank_result *first)
{
	int64_t span_us = 0;

	FOR_EACH_RESULT (result, context->attempt) {
		if (!common_failures(context, first, result) &&
			!(is_own(context, result) && same_bare_exit(first, result) &&
				result->at_us - first->at_us <= CONCURRENT_US))
			return -1;
		if (result->at_us - first->at_us > span_us)
			span_us = result->at_us - first->at_us;
	}
	return span_us;
}

/* "read_input (solver.c:88)", without the line where ranks failed at several ones; of a program
 * without symbols the library's function that the reason names. NULL: that is not known. */
static const char *where_of(
	struct report *report, const struct attempt *attempt, const struct rank_result *first)
{
	const char *line = first->place == NULL ? NULL : strstr(first->place, " ("),
		   *in = strstr(first->reason, " in ");

	if (first->place == NULL)
		return in == NULL || termination_event(first->ended)->frame_count == 0
			       ? NULL
			       : in + strlen(" in ");
	FOR_EACH_RESULT (result, attempt)
		if (line != NULL &&
			(result->place == NULL || strcmp(result->place, first->place) != 0))
			return report_say(report, "%.*s", (int)(line - first->place), first->place);
	return first->place;
}

static void explain(struct report *report, struct attempt *attempt)
{
	const struct common_cause *common = &attempt->common;

	attempt->explanation = report_say(report,
		"%s%zu ranks ended alike within %ld ms%s%s: the cause is likely common to them "
		"(input, configuration, program), and not one rank's",
		common->count == 2 ? "the " : "all ", common->count,
		(long)(common->within_us / MILLISECONDS + 1), common->where == NULL ? "" : ", in ",
		common->where == NULL ? "" : common->where);
}

void common_cause_set(struct attempt_context *context)
{
	struct attempt *attempt = context->attempt;
	const struct rank_result *first = first_of(attempt);
	int64_t span_us;

	if (first == NULL || attempt->candidates[0].rank == RANK_UNKNOWN || attempt->count < 2 ||
		context->seen < attempt->count)
		return;
	span_us = span_of(context, first);
	if (span_us < 0)
		return;
	attempt->common = (struct common_cause){
		attempt->count, span_us, where_of(context->report, attempt, first)};
	attempt->candidate_count = 0;
	candidate_add(context, first);
	FOR_EACH_RESULT (result, attempt)
		candidate_add(context, result);
	explain(context->report, attempt);
	FOR_EACH_CANDIDATE (candidate, attempt)
		candidate->confidence = CONFIDENCE_LIKELY;
}

bool others_failed_alike(const struct attempt_context *context, const struct rank_result *first)
{
	size_t alike = 0;

	FOR_EACH_RESULT (result, context->attempt) {
		if (result == first)
			continue;
		if (common_failures(context, first, result))
			alike++;
		else if (result->failure_class == FAILURE_OWN)
			return false;
	}
	return alike > 0 && alike + 2 == context->attempt->count;
}
