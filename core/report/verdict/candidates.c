/* SPDX-License-Identifier: Apache-2.0 */
/* Puts findings into an attempt: the candidates, and the concurrent failures. */
#include "core/report/verdict/attribution.h"

#include "core/report/job/thresholds.h"
#include "core/report/verdict/cause_system.h"
#include "core/report/verdict/evidence.h"

#include <errno.h>
#include <string.h>

const char *finding_trace(struct report *report, const struct process *process)
{
	const struct text_lines *trace;
	size_t size = 1;
	char *whole, *end;

	if (process_termination(process) == NULL)
		return "";
	trace = &process_termination(process)->error_trace;
	for (size_t i = 0; i < trace->count; i++)
		size += strlen(trace->lines[i]);
	whole = end = report_alloc(report, size);
	for (size_t i = 0; whole != NULL && i < trace->count; i++)
		end = stpcpy(end, trace->lines[i]);
	return whole == NULL ? "" : whole;
}

/* Returns the new candidate; NULL where RANK is one already, or no room is left. */
static struct finding *add(struct attempt_context *context, const struct process *process,
	int64_t rank, int64_t at_us, const char *reason)
{
	struct attempt *attempt = context->attempt;
	size_t count = attempt->candidate_count;

	if (count == CANDIDATES_MOST ||
		(rank != RANK_UNKNOWN && attempt_has_candidate(attempt, rank)))
		return NULL;
	attempt->candidate_count++;
	attempt->has_root = true;
	attempt->candidates[count] = (struct finding){
		.process = process,
		.rank = rank,
		.at_us = at_us,
		.reason = reason,
		.error_trace = finding_trace(context->report, process),
	};
	return &attempt->candidates[count];
}

static void add_evidence(
	struct report *report, const struct rank_result *result, struct finding *finding)
{
	if (result->process != NULL && result->process->termination != NULL)
		finding->chain = chain_of(&report->job, result->process);
	consequences_set(report, finding);
	evidence_of_end(report, finding);
	evidence_of_system(report, finding);
	evidence_of_family(report, result->process, finding);
}

void candidate_add(struct attempt_context *context, const struct rank_result *result)
{
	struct finding *finding =
		add(context, result->ended, result->rank, result->at_us, result->reason);

	if (finding != NULL)
		add_evidence(context->report, result, finding);
}

void candidate_add_silent(
	struct attempt_context *context, const struct rank_result *result, const char *evidence)
{
	const struct process *process = result->process;
	struct finding *finding = add(context, process, result->rank,
		process == NULL ? context->report->began_us : process->last_us,
		process == NULL ? "never heard of" : "silent: no word of an end");

	if (finding != NULL)
		evidence_add(finding, evidence);
}

void candidate_add_process(struct attempt_context *context, const struct chain *chain)
{
	const struct process *cause = chain->cause;
	struct finding *finding = add(context, cause, RANK_UNKNOWN, cause->ended_us,
		report_reason(context->report, cause));

	if (finding == NULL)
		return;
	finding->chain = *chain;
	consequences_set(context->report, finding);
	evidence_of_end(context->report, finding);
	evidence_of_system(context->report, finding);
	evidence_of_chain(context->report, finding);
}

/* The process of RESULT itself reported a failure that is certainly its own: not its waiter, and no
 * exit that the handler of a signal may have made; or it stood in MPI_Abort when it was ended. */
static bool reported_own_failure(
	const struct attempt_context *context, const struct rank_result *result)
{
	const struct process *ended = result->ended;

	return ended != NULL && result->failure_class == FAILURE_OWN &&
	       ended->termination->source == SOURCE_WORKER &&
	       (rules_called_abort(ended->termination->end) || rules_exits_by_abort(ended) ||
		       ((rules_is_hard(termination_event(ended)) || rules_is_unstarted(ended)) &&
			       !context_was_ending(context, result)));
}

static bool came_soon_after(const struct rank_result *result, const struct finding *candidate)
{
	const struct process *process = candidate->process;
	int64_t late_us = result->at_us - candidate->at_us;

	return process != NULL && process->termination != NULL &&
	       process->clock == result->ended->clock && late_us >= 0 && late_us <= CONCURRENT_US;
}

/* RESULT reported that it failed as CANDIDATE did. */
static bool failed_like(const struct attempt_context *context, const struct rank_result *result,
	const struct finding *candidate)
{
	FOR_EACH_RESULT (other, context->attempt)
		if (other->rank == candidate->rank && other->ended != NULL)
			return common_failures(context, other, result);
	return false;
}

/* The candidate that failed so shortly before RESULT that RESULT may not follow from it; NULL:
 * there is none, or RESULT is a candidate itself. */
static const struct finding *candidate_before(
	const struct attempt_context *context, const struct rank_result *result)
{
	if (result->ended == NULL || attempt_has_candidate(context->attempt, result->rank))
		return NULL;
	FOR_EACH_CANDIDATE (candidate, context->attempt)
		if (came_soon_after(result, candidate) &&
			(reported_own_failure(context, result) ||
				failed_like(context, result, candidate)))
			return candidate;
	return NULL;
}

bool is_concurrent_failure(const struct attempt_context *context, const struct rank_result *result)
{
	return candidate_before(context, result) != NULL;
}

/* FIRST was still reporting its termination when the later failure came: it still held all that
 * other ranks could miss. */
static bool was_still_there(const struct finding *first, int64_t late_us)
{
	return first->process->termination->source == SOURCE_WORKER &&
	       late_us < termination_event(first->process)->trace_us;
}

static struct finding concurrent_failure(struct attempt_context *context,
	const struct rank_result *result, const struct finding *first)
{
	struct report *report = context->report;
	int64_t late_us = result->at_us - first->at_us;
	bool there = was_still_there(first, late_us);
	struct finding finding = {
		.process = result->ended,
		.rank = result->rank,
		.at_us = result->at_us,
		.after_us = late_us,
		.reason = result->reason,
		.confidence = there ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE,
		.error_trace = finding_trace(report, result->ended),
	};

	add_evidence(report, result, &finding);
	evidence_say(report, &finding, "it came %.1f ms after %s failed, %s",
		(double)late_us / 1000, report_subject(report, first->rank, first->process),
		there ? "which was still telling of that: nobody could miss it yet"
		      : "by the same clock: a second cause, unless it follows from that");
	return finding;
}

int concurrent_failures_set(struct attempt_context *context)
{
	struct attempt *attempt = context->attempt;
	size_t room = CANDIDATES_MOST - attempt->candidate_count;

	FOR_EACH_RESULT (result, attempt) {
		const struct finding *first = candidate_before(context, result);

		if (first == NULL || attempt->concurrent_count == room)
			continue;
		if (attempt->concurrent == NULL)
			attempt->concurrent =
				report_alloc(context->report, room * sizeof *attempt->concurrent);
		if (attempt->concurrent == NULL)
			return -ENOMEM;
		attempt->concurrent[attempt->concurrent_count++] =
			concurrent_failure(context, result, first);
	}
	return 0;
}
