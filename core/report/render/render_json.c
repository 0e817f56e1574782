/* SPDX-License-Identifier: Apache-2.0 */
/* The report as JSON, schema vigil.report/1: one function an object, in the order of the schema. */
#include "core/report/render/render.h"
#include "core/report/verdict/cause_class.h"

#include "core/base/json_out.h"
#include "core/events/event_threads.h"
#include "core/report/job/last_words.h"
#include "core/report/render/collectives_json.h"

#define REPORT_SCHEMA "vigil.report/1"

/* Writes NUMBER, a rank or a count of ranks; null where it is unknown. */
static void write_number(struct json_out *json, const char *key, int64_t number)
{
	if (number == RANK_UNKNOWN)
		json_null(json, key);
	else
		json_int(json, key, number);
}

/* PROCESS is NULL where nothing is known of it. */
static void write_where(struct json_out *json, const struct process *process)
{
	json_string(json, "hostname", process == NULL ? NULL : process->hostname);
	if (process == NULL)
		json_null(json, "pid");
	else
		json_int(json, "pid", process->pid);
}

static void write_cause(struct json_out *json, const struct process *process)
{
	const struct termination *end = process_termination(process);

	json_string(json, "cause", end == NULL ? NULL : event_cause_name(end->event.cause));
}

/* Writes a frame as in an event, and what core/report/symbols has found out about it. */
static void write_frame(struct json_out *json, const struct frame *shared, uint64_t pc,
	const struct frame_note *note)
{
	struct frame frame = *shared;

	frame.pc = pc;
	json_begin_object(json, NULL);
	event_frame_members(&frame, json);
	if (note != NULL && note->symbol != NULL)
		json_string(json, "symbol", note->symbol);
	if (note != NULL && note->inlined_count > 0)
		json_strings(json, "inlined", note->inlined, note->inlined_count);
	json_end_object(json);
}

static void write_frames(struct json_out *json, const struct frame *frames, size_t count,
	const uint64_t *pcs, const struct frame_note *notes)
{
	json_begin_array(json, "frames");
	for (size_t i = 0; i < count; i++)
		write_frame(json, &frames[i], pcs[i], notes == NULL ? NULL : &notes[i]);
	json_end_array(json);
}

/* Writes a thread; of equal stacks only the first, as in an event. */
static void write_thread(struct json_out *json, const struct termination *end, size_t index)
{
	const struct event_thread *thread = &end->event.threads[index];
	size_t like = event_thread_like(&end->event, index);

	json_begin_object(json, NULL);
	json_int(json, "tid", thread->tid);
	json_string(json, "name", thread->name);
	if (like < index)
		json_int(json, "same_as", end->event.threads[like].tid);
	else
		write_frames(json, thread->frames, thread->frame_count, end->thread_pcs[index],
			end->thread_notes == NULL ? NULL : end->thread_notes[index]);
	if (thread->truncated && like == index)
		json_bool(json, "truncated", true);
	if (thread->error != NULL)
		json_string(json, "error", thread->error);
	json_end_object(json);
}

static void write_threads(struct json_out *json, const struct termination *end)
{
	const struct event *event = &end->event;

	if (event->thread_count > 0)
		json_begin_array(json, "threads");
	for (size_t i = 0; i < event->thread_count; i++)
		write_thread(json, end, i);
	if (event->thread_count > 0)
		json_end_array(json);
	if (event->threads_left_out > 0)
		json_uint(json, "threads_left_out", event->threads_left_out);
	if (event->threads_error != NULL)
		json_string(json, "threads_error", event->threads_error);
}

/* Writes what PROCESS said last; nothing where that is not known. */
static void write_last_words(struct json_out *json, const struct process *process)
{
	const struct last_words *words = process == NULL ? NULL : process->words;

	if (words == NULL || words->count == 0)
		return;
	json_begin_array(json, "last_words");
	for (size_t i = 0; i < words->count; i++) {
		json_begin_object(json, NULL);
		json_string(json, "from", words->said[i].from);
		if (words->said[i].shared)
			json_bool(json, "shared", true);
		json_string(json, "text", words->said[i].text);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_trace(struct json_out *json, const struct finding *finding)
{
	const struct termination *end = process_termination(finding->process);

	write_last_words(json, finding->process);
	if (end == NULL) {
		write_frames(json, NULL, 0, NULL, NULL);
		json_string(json, "error_trace", "");
		return;
	}
	write_frames(json, end->event.frames, end->event.frame_count, end->pcs, end->notes);
	if (end->event.truncated)
		json_bool(json, "truncated", true);
	if (end->event.stop != NULL)
		json_string(json, "stop", end->event.stop);
	event_registers_json(&end->event, json);
	write_threads(json, end);
	json_string(json, "error_trace", finding->error_trace);
	if (end->event.report_file != NULL)
		json_string(json, "report_file", end->event.report_file);
}

/* The time by the wall clock of the host, not on the job's clock. */
static int64_t recorded_at(const struct finding *finding)
{
	const struct process *process = finding->process;

	return process == NULL || process->termination == NULL ? finding->at_us
							       : process->termination->time_us;
}

/* Writes which program PROCESS ran, and how. */
static void write_program(struct json_out *json, const struct process *process)
{
	json_string(json, "program", process == NULL ? NULL : process->program);
	if (process != NULL && process->command[0] != '\0')
		json_string(json, "command", process->command);
}

/* Writes who failed because of FINDING, its parent first. */
static void write_consequences(struct json_out *json, const struct finding *finding)
{
	static const char *const links[] = {
		[LINK_NONE] = "none",
		[LINK_COMMON] = "common",
		[LINK_TIME] = "time",
		[LINK_STATUS] = "status",
		[LINK_MENTION] = "mention",
	};

	if (finding->chain.count == 0)
		return;
	json_begin_array(json, "consequences");
	for (size_t i = 0; i < finding->chain.count; i++) {
		const struct chain_step *step = &finding->chain.steps[i];

		json_begin_object(json, NULL);
		write_where(json, step->process);
		write_program(json, step->process);
		json_string(json, "reason", finding->step_reasons[i]);
		json_int(json, "after_us", step->process->ended_us - finding->at_us);
		json_string(json, "link", links[step->link]);
		json_end_object(json);
	}
	json_end_array(json);
}

/* Writes what FINDING and a crash have in common. */
static void write_cause_class(struct json_out *json, struct cause cause)
{
	json_string(json, "cause_class", cause_class_name(cause.class));
	json_string(json, "cause_confidence", confidence_name(cause.confidence));
	if (cause_class_advice(cause.class) != NULL)
		json_string(json, "advice", cause_class_advice(cause.class));
}

static void begin_finding(struct json_out *json, const char *key, const struct job *job,
	const struct finding *finding)
{
	json_begin_object(json, key);
	write_number(json, "rank", finding->rank);
	write_where(json, finding->process);
	write_program(json, finding->process);
	write_cause(json, finding->process);
	write_cause_class(json, cause_class_of(job, finding->process));
	json_string(json, "reason", finding->reason);
	json_int(json, "time_us", recorded_at(finding));
}

static void write_crashes(struct json_out *json, const struct report *report)
{
	json_begin_array(json, "crashes");
	for (size_t i = 0; i < report->crash_count && i < CRASHES_MOST; i++) {
		begin_finding(json, NULL, &report->job, &report->crashes[i]);
		write_trace(json, &report->crashes[i]);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_finding(struct json_out *json, const char *key, const struct job *job,
	const struct finding *finding)
{
	begin_finding(json, key, job, finding);
	if (finding->after_us > 0)
		json_int(json, "after_us", finding->after_us);
	json_string(json, "confidence", confidence_name(finding->confidence));
	json_strings(json, "evidence", finding->evidence, finding->evidence_count);
	write_consequences(json, finding);
	write_trace(json, finding);
	json_end_object(json);
}

/* Writes who terminated the rank, by its own event or else by the kill request. */
static void write_ended_by(struct json_out *json, const struct rank_result *result)
{
	const struct event_signal *signal;
	struct event_reporter by;

	if (result->ended == NULL || result->role == ROLE_CULPRIT)
		return;
	signal = &termination_event(result->ended)->signal;
	by = (struct event_reporter){signal->sender_pid, signal->sender};
	if (result->ended->kill_request != NULL && by.pid <= 0)
		by = result->ended->kill_request->kill->reporter;
	if (by.pid <= 0 || by.pid == result->ended->pid || signal->sender_is == SENDER_SELF)
		return;
	json_begin_object(json, "ended_by");
	json_int(json, "pid", by.pid);
	json_string(json, "comm", by.comm);
	json_end_object(json);
}

static void write_result(
	struct json_out *json, const struct attempt *attempt, const struct rank_result *result)
{
	json_begin_object(json, NULL);
	write_number(json, "rank", result->rank);
	write_where(json, result->process);
	json_string(json, "state", result_state(result));
	write_cause(json, result->ended);
	json_string(json, "role", role_name(result->role));
	json_string(json, "reason", result->reason);
	if (finding_has_time(attempt) && result->ended != NULL)
		json_int(json, "delta_us", result->at_us - attempt->candidates[0].at_us);
	write_ended_by(json, result);
	json_end_object(json);
}

static void write_ranks(struct json_out *json, const int64_t *ranks, size_t count)
{
	json_begin_array(json, "ranks");
	for (size_t i = 0; i < count; i++)
		json_int(json, NULL, ranks[i]);
	json_end_array(json);
}

static void begin_node(struct json_out *json, const char *key, const struct stack_node *node)
{
	json_begin_object(json, key);
	json_string(json, "function", node->function);
	if (node->frame != NULL) {
		json_string(json, "part", step_part_name(node->part));
		if (node->has_line && node->frame->file != NULL)
			json_string(json, "file", node->frame->file);
		if (node->has_line && node->first_line > 0)
			json_int(json, "line", node->first_line);
		if (node->first_line < node->last_line)
			json_int(json, "last_line", node->last_line);
	}
	json_uint(json, "count", node->count);
	write_ranks(json, node->ranks, node->count);
	json_begin_array(json, "children");
}

/* The depth of the recursion is bounded by stack_tree.c. */
static void write_node(struct json_out *json, const char *key, const struct stack_node *node)
{
	begin_node(json, key, node);
	for (const struct stack_node *child = node->children; child != NULL; child = child->next)
		write_node(json, NULL, child);
	json_end_array(json);
	json_end_object(json);
}

static void write_stacks(struct json_out *json, const struct attempt *attempt)
{
	if (attempt->stacks != NULL) {
		write_node(json, "stacks", attempt->stacks);
		return;
	}
	json_begin_object(json, "stacks");
	json_end_object(json);
}

/* Writes the ranks at another position than most. */
static void write_outliers(struct json_out *json, const struct attempt *attempt)
{
	json_begin_array(json, "odd_ones_out");
	for (size_t i = 1; attempt->has_outliers && i < attempt->position_count; i++)
		for (size_t j = 0; j < attempt->positions[i].count; j++) {
			json_begin_object(json, NULL);
			json_int(json, "rank", attempt->positions[i].ranks[j]);
			json_string(json, "where", attempt->positions[i].where);
			json_end_object(json);
		}
	json_end_array(json);
}

static void write_calls(struct json_out *json, const struct attempt *attempt)
{
	if (attempt->calls == NULL)
		return;
	json_string(json, "calls", attempt->calls);
	json_begin_array(json, "call_ranks");
	for (size_t i = 0; i < attempt->call_rank_count; i++)
		json_int(json, NULL, attempt->call_ranks[i]);
	json_end_array(json);
}

static void write_positions(struct json_out *json, const struct attempt *attempt)
{
	json_begin_array(json, "positions");
	for (size_t i = 0; i < attempt->position_count; i++) {
		const struct position *position = &attempt->positions[i];

		json_begin_object(json, NULL);
		json_string(json, "where", position->where);
		json_uint(json, "count", position->count);
		write_ranks(json, position->ranks, position->count);
		json_end_object(json);
	}
	json_end_array(json);
}

/* Writes that all ranks failed alike, in `candidates`; nothing where they did not. */
static void write_common(struct json_out *json, const struct common_cause *common)
{
	if (common->count == 0)
		return;
	json_begin_object(json, "common_cause");
	json_uint(json, "ranks", common->count);
	json_int(json, "within_us", common->within_us);
	json_string(json, "where", common->where);
	json_end_object(json);
}

/* Writes that the ranks stood still; nothing where nobody saw that. */
static void write_stall(struct json_out *json, const struct stall *stall)
{
	if (stall->text[0] == '\0')
		return;
	json_begin_object(json, "stall");
	json_string(json, "text", stall->text);
	json_int(json, "at_us", stall->at_us);
	json_int(json, "for_us", stall->for_us);
	json_bool(json, "moved_again", stall->is_over);
	json_begin_array(json, "positions");
	for (size_t i = 0; i < stall->position_count; i++) {
		const struct position *position = &stall->positions[i];

		json_begin_object(json, NULL);
		json_string(json, "where", position->where);
		json_string(json, "doing", event_doing_name(position->doing));
		json_uint(json, "count", position->count);
		write_ranks(json, position->ranks, position->count);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void write_attempt(
	struct json_out *json, const struct report *report, const struct attempt *attempt)
{
	size_t count = attempt->candidate_count + attempt->concurrent_count;

	json_begin_object(json, NULL);
	json_int(json, "attempt", attempt->number);
	if (report->launch_count > 1)
		json_uint(json, "launch", attempt->launch + 1);
	json_string(json, "outcome", outcome_name(attempt->outcome));
	if (attempt->has_root)
		write_finding(json, "root_cause", &report->job, &attempt->candidates[0]);
	else
		json_null(json, "root_cause");
	json_begin_array(json, "candidates");
	for (size_t i = 0; count > 1 && i < attempt->candidate_count; i++)
		write_finding(json, NULL, &report->job, &attempt->candidates[i]);
	for (size_t i = 0; count > 1 && i < attempt->concurrent_count; i++)
		write_finding(json, NULL, &report->job, &attempt->concurrent[i]);
	json_end_array(json);
	if (attempt->explanation != NULL)
		json_string(json, "explanation", attempt->explanation);
	if (attempt->ended != NULL)
		write_cause_class(json, cause_class_of_ended(attempt->ended));
	if (attempt->lost_host != NULL)
		json_string(json, "lost_host", attempt->lost_host);
	write_common(json, &attempt->common);
	write_stall(json, &attempt->stall);
	json_begin_array(json, "ranks");
	FOR_EACH_RESULT (result, attempt)
		write_result(json, attempt, result);
	json_end_array(json);
	write_outliers(json, attempt);
	write_positions(json, attempt);
	write_calls(json, attempt);
	collectives_json(&attempt->collectives, json);
	write_stacks(json, attempt);
	json_end_object(json);
}

static void write_counts(struct json_out *json, const struct report *report)
{
	json_begin_object(json, "processes");
	json_uint(json, "seen", report->job.count);
	json_uint(json, "failed", report->failed);
	json_uint(json, "unfinished", report->unfinished);
	json_uint(json, "crashed", report->crash_count);
	json_end_object(json);
}

/* The hosts whose clocks contradict the first one's: their times are moved onto its clock. */
static void write_clock(struct json_out *json, const struct report *report)
{
	json_begin_object(json, "clock");
	json_string(json, "reference", report->root->hostname);
	json_int(json, "uncertainty_us", report->request.skew_us);
	json_begin_array(json, "hosts");
	for (size_t i = 0; i < report->offset_count; i++) {
		json_begin_object(json, NULL);
		json_string(json, "hostname", report->offsets[i].hostname);
		json_int(json, "ahead_us", report->offsets[i].us);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

/* The `vigil run`s of a run that several make: how many hosts have one, and those that reported no
 * end. */
static void write_monitors(struct json_out *json, const struct report *report)
{
	if (report->job.monitor_count == 0)
		return;
	json_begin_object(json, "monitors");
	json_uint(json, "hosts", report->monitor_hosts);
	json_begin_array(json, "not_ended");
	for (size_t i = 0; i < report->missing_count; i++) {
		json_begin_object(json, NULL);
		json_string(json, "hostname", report->missing[i].hostname);
		json_bool(json, "killed", report->missing[i].is_gone);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

void render_json(const struct report *report, struct text *text)
{
	struct json_out json = {.text = text};

	json_begin_object(&json, NULL);
	json_string(&json, "schema", REPORT_SCHEMA);
	json_string(&json, "run_id", report->job.run_id);
	json_string(&json, "outcome", outcome_name(report->outcome));
	json_strings(&json, "hosts", report->hosts, report->host_count);
	write_number(&json, "world_size", report->world_size);
	json_begin_array(&json, "attempts");
	for (size_t i = 0; i < report->attempt_count; i++)
		write_attempt(&json, report, &report->attempts[i]);
	json_end_array(&json);
	write_crashes(&json, report);
	write_counts(&json, report);
	write_clock(&json, report);
	write_monitors(&json, report);
	json_strings(&json, "warnings", report->reading.warnings, report->reading.warning_count);
	json_end_object(&json);
}
