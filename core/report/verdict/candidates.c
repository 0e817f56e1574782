/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/candidates.h"

#include "core/report/verdict/evidence.h"

#include <string.h>

static const char *whole_trace(struct report *report, const struct process *process)
{
	const struct text_lines *trace;
	size_t size = 1;
	char *whole, *end;

	if (process == NULL || process->termination == NULL)
		return "";
	trace = &process->termination->end->error_trace;
	for (size_t i = 0; i < trace->count; i++)
		size += strlen(trace->lines[i]);
	whole = end = report_alloc(report, size);
	for (size_t i = 0; whole != NULL && i < trace->count; i++)
		end = stpcpy(end, trace->lines[i]);
	return whole == NULL ? "" : whole;
}

static void begin_finding(struct attempt_context *context, struct finding *finding,
	const struct process *process, int64_t rank)
{
	*finding = (struct finding){.process = process,
		.rank = rank,
		.reason = "",
		.error_trace = whole_trace(context->report, process)};
}

static struct finding *add_candidate(
	struct attempt_context *context, const struct process *process, int64_t rank)
{
	struct attempt *attempt = context->attempt;
	struct finding *finding;

	for (size_t i = 0; i < attempt->candidate_count; i++)
		if (rank != RANK_UNKNOWN && attempt->candidates[i].rank == rank)
			return &attempt->candidates[i];
	if (attempt->candidate_count == CANDIDATES_MOST)
		return NULL;
	finding = &attempt->candidates[attempt->candidate_count++];
	begin_finding(context, finding, process, rank);
	attempt->has_root = true;
	return finding;
}

static void describe_result(
	struct attempt_context *context, struct finding *finding, const struct rank_result *result)
{
	finding->at_us = result->at_us;
	finding->reason = result->reason;
	evidence_of_end(context->report, finding);
	evidence_of_family(context->report, result->process, finding);
}

void candidate_add(struct attempt_context *context, const struct rank_result *result)
{
	struct finding *finding = add_candidate(context, result->ended, result->rank);

	if (finding != NULL)
		describe_result(context, finding, result);
}

struct finding *candidate_add_behind(
	struct attempt_context *context, const struct rank_result *result)
{
	struct attempt *attempt = context->attempt;
	size_t at = attempt->candidate_count + attempt->concurrent_count;

	if (at == CANDIDATES_MOST)
		return NULL;
	attempt->concurrent_count++;
	begin_finding(context, &attempt->candidates[at], result->ended, result->rank);
	describe_result(context, &attempt->candidates[at], result);
	return &attempt->candidates[at];
}

void candidate_add_silent(
	struct attempt_context *context, const struct rank_result *result, const char *evidence)
{
	struct finding *finding = add_candidate(context, result->process, result->rank);

	if (finding == NULL)
		return;
	finding->at_us = result->process->last_us;
	finding->reason = "silent: no word of an end";
	evidence_add(finding, evidence);
}

void candidate_add_process(struct attempt_context *context, const struct process *process)
{
	struct finding *finding = add_candidate(context, process, RANK_UNKNOWN);

	if (finding == NULL)
		return;
	finding->at_us = process->ended_us;
	finding->reason = report_reason(context->report, process);
	evidence_of_end(context->report, finding);
}
