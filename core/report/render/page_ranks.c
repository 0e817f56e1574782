/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/page_ranks.h"

#include "core/report/render/timeline.h"
#include "core/report/verdict/verdict.h"

#define REASON_SIZE 1024

int64_t page_text_number(struct page_writer *out, const char *string)
{
	return numbered_string(&out->traces.texts, string);
}

static int64_t rank_of(struct page_writer *out, const struct rank_result *result)
{
	(void)out;
	return result->rank == RANK_UNKNOWN ? -1 : result->rank;
}

static int64_t host_of(struct page_writer *out, const struct rank_result *result)
{
	return page_text_number(out, result->process == NULL ? NULL : result->process->hostname);
}

static int64_t pid_of(struct page_writer *out, const struct rank_result *result)
{
	(void)out;
	return result->process == NULL ? -1 : result->process->pid;
}

static int64_t program_of(struct page_writer *out, const struct rank_result *result)
{
	return page_text_number(out, result->process == NULL ? NULL : result->process->program);
}

/* The role of a rank; a process without a rank is the culprit, failed, succeeded, or is silent. */
static int64_t role_of(struct page_writer *out, const struct rank_result *result)
{
	const struct attempt *attempt = &out->report->attempts[out->report->attempt_count - 1];

	if (result->rank != RANK_UNKNOWN)
		return page_text_number(out, role_name(result->role));
	FOR_EACH_CANDIDATE (candidate, attempt)
		if (candidate->process == result->process)
			return page_text_number(out, role_name(ROLE_CULPRIT));
	if (result->ended == NULL)
		return page_text_number(out, role_name(ROLE_SILENT));
	return page_text_number(out,
		result->ended->termination->state == NODE_FAILED ? "failed" : role_name(ROLE_OK));
}

static int64_t state_of(struct page_writer *out, const struct rank_result *result)
{
	return page_text_number(out, result_state(result));
}

static int64_t cause_of(struct page_writer *out, const struct rank_result *result)
{
	const struct termination *end = process_termination(result->ended);

	return end == NULL ? -1 : page_text_number(out, event_cause_name(end->event.cause));
}

static int64_t reason_of(struct page_writer *out, const struct rank_result *result)
{
	char buffer[REASON_SIZE];
	struct text text;

	if (result->reason != NULL)
		return page_text_number(out, result->reason);
	text_init(&text, buffer, sizeof buffer);
	if (result->ended != NULL)
		event_reason(termination_event(result->ended), &text);
	return page_text_number(out, buffer);
}

static int64_t began_of(struct page_writer *out, const struct rank_result *result)
{
	if (result->process == NULL)
		return -1;
	return timeline_of(out->report, result->process, result->ended).began_us;
}

static int64_t running_of(struct page_writer *out, const struct rank_result *result)
{
	struct timeline timeline;

	if (result->process == NULL)
		return -1;
	timeline = timeline_of(out->report, result->process, result->ended);
	return timeline.has_running ? timeline.running_us : -1;
}

static int64_t ended_of(struct page_writer *out, const struct rank_result *result)
{
	if (result->process == NULL)
		return -1;
	return timeline_of(out->report, result->process, result->ended).ended_us;
}

static int64_t trace_of(struct page_writer *out, const struct rank_result *result)
{
	return page_trace_number(&out->traces, process_termination(result->ended));
}

static int64_t calls_number_of(struct page_writer *out, const struct rank_result *result)
{
	const struct event_record *record;
	const struct call_counts *calls = calls_of(result, &record);

	return calls == NULL ? -1 : page_calls_number(&out->traces, calls);
}

static const struct {
	const char *name;
	int64_t (*value)(struct page_writer *out, const struct rank_result *result);
} columns[] = {
	{"rank", rank_of},
	{"host", host_of},
	{"pid", pid_of},
	{"program", program_of},
	{"role", role_of},
	{"state", state_of},
	{"cause", cause_of},
	{"reason", reason_of},
	{"began", began_of},
	{"running", running_of},
	{"ended", ended_of},
	{"trace", trace_of},
	{"calls", calls_number_of},
};

/* A row is a rank; in a job without ranks, a process. */
static size_t row_count(const struct page_writer *out, const struct attempt *attempt)
{
	return attempt->count > 0 ? attempt->count : out->report->job.count;
}

static struct rank_result row_at(
	const struct page_writer *out, const struct attempt *attempt, size_t index)
{
	const struct process *process;

	if (attempt->count > 0)
		return attempt->results[index];
	process = &out->report->job.processes[index];
	return (struct rank_result){
		.rank = RANK_UNKNOWN,
		.process = process,
		.ended = process->termination != NULL ? process : NULL,
	};
}

void page_ranks_write(struct page_writer *out, const struct attempt *attempt)
{
	json_begin_object(&out->json, "ranks");
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		json_begin_array(&out->json, columns[i].name);
		for (size_t j = 0; j < row_count(out, attempt); j++) {
			struct rank_result row = row_at(out, attempt, j);

			json_int(&out->json, NULL, columns[i].value(out, &row));
		}
		json_end_array(&out->json);
	}
	json_end_object(&out->json);
}
