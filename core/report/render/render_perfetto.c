/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The job as a trace of Chrome's, which Perfetto opens: a process for each host, a thread for each
 * rank (or process, without ranks). Times are in microseconds from the job's beginning.
 */
#include "core/report/render/render.h"

#include "core/base/json_out.h"
#include "core/base/order.h"
#include "core/base/signal_table.h"
#include "core/report/render/timeline.h"

#include <string.h>

struct trace_out {
	const struct report *report;
	struct json_out json;
};

/* Hosts are numbered in the order of their names, from 1; 0: a rank that was never seen. */
static int64_t host_number(const struct report *report, const struct process *process)
{
	size_t at;

	if (process == NULL)
		return 0;
	at = LOWER_BOUND(i, report->host_count, strcmp(report->hosts[i], process->hostname) < 0);
	return at < report->host_count && strcmp(report->hosts[at], process->hostname) == 0
		       ? (int64_t)at + 1
		       : 0;
}

static void begin_entry(
	struct trace_out *out, const char *phase, const char *name, int64_t pid, int64_t tid)
{
	json_begin_object(&out->json, NULL);
	json_string(&out->json, "ph", phase);
	json_string(&out->json, "name", name);
	json_int(&out->json, "pid", pid);
	json_int(&out->json, "tid", tid);
}

/* Writes metadata WHAT: NAME, or where that is NULL, where INDEX puts the process or thread. */
static void write_metadata(struct trace_out *out, const char *what, int64_t pid, int64_t tid,
	const char *name, int64_t index)
{
	begin_entry(out, "M", what, pid, tid);
	json_begin_object(&out->json, "args");
	if (name != NULL)
		json_string(&out->json, "name", name);
	else
		json_int(&out->json, "sort_index", index);
	json_end_object(&out->json);
	json_end_object(&out->json);
}

static void begin_slice(struct trace_out *out, const char *name, int64_t pid, int64_t tid,
	int64_t from_us, int64_t to_us)
{
	begin_entry(out, "X", name, pid, tid);
	json_int(&out->json, "ts", from_us);
	json_int(&out->json, "dur", to_us > from_us ? to_us - from_us : 0);
}

static void write_state(struct trace_out *out, enum node_state state, int64_t pid, int64_t tid,
	int64_t from_us, int64_t to_us)
{
	begin_slice(out, node_state_name(state), pid, tid, from_us, to_us);
	json_string(&out->json, "cat", "state");
	json_end_object(&out->json);
}

static void write_instant(struct trace_out *out, const char *name, const char *category,
	int64_t pid, int64_t tid, int64_t at_us)
{
	begin_entry(out, "i", name, pid, tid);
	json_string(&out->json, "cat", category);
	json_string(&out->json, "s", "t");
	json_int(&out->json, "ts", at_us);
}

static void write_signal(
	struct trace_out *out, const struct event *event, int64_t pid, int64_t tid, int64_t at_us)
{
	char buffer[16];

	if (event->signal.number == 0)
		return;
	write_instant(out, signal_name(event->signal.number, buffer), "signal", pid, tid, at_us);
	json_begin_object(&out->json, "args");
	if (event->signal.sender_pid > 0)
		json_int(&out->json, "sender_pid", event->signal.sender_pid);
	if (event->signal.sender != NULL)
		json_string(&out->json, "sender", event->signal.sender);
	json_end_object(&out->json);
	json_end_object(&out->json);
}

/* Writes the arguments of a slice or a termination. RESULT: NULL for a process of no rank. */
static void write_arguments(struct trace_out *out, const struct process *process,
	const struct rank_result *result, const char *reason)
{
	json_begin_object(&out->json, "args");
	json_string(&out->json, "host", process->hostname);
	json_int(&out->json, "pid", process->pid);
	json_string(&out->json, "program", process->program);
	if (result != NULL)
		json_string(&out->json, "role", role_name(result->role));
	if (reason[0] != '\0')
		json_string(&out->json, "reason", reason);
	json_end_object(&out->json);
}

static void write_end(struct trace_out *out, const struct process *process,
	const struct process *failed, const struct rank_result *result, int64_t tid, int64_t at_us)
{
	int64_t pid = host_number(out->report, process);
	const struct event_record *end = failed->termination;
	char name[512], why[480];
	struct text text;

	text_init(&text, why, sizeof why);
	if (end->state == NODE_FAILED)
		event_reason(&end->end->event, &text);
	text_format(name, sizeof name, "%s%s%s", node_state_name(end->state),
		why[0] == '\0' ? "" : ": ", why);
	write_instant(out, name, "end", pid, tid, at_us);
	write_arguments(out, process, result, why);
	json_end_object(&out->json);
	write_signal(out, &end->end->event, pid, tid, at_us);
}

/* Writes a process as a thread with its slices. FAILED is the process whose termination counts:
 * PROCESS, or one that it ran. */
static void write_timeline(struct trace_out *out, const struct process *process,
	const struct process *failed, const struct rank_result *result, int64_t tid,
	const char *name)
{
	struct timeline timeline = timeline_of(out->report, process, failed);
	int64_t pid = host_number(out->report, process);

	write_metadata(out, "thread_name", pid, tid, name, 0);
	write_metadata(out, "thread_sort_index", pid, tid, NULL, tid);
	begin_slice(out, name, pid, tid, timeline.began_us, timeline.ended_us);
	json_string(&out->json, "cat", "life");
	write_arguments(out, process, result, result == NULL ? "" : result->reason);
	json_end_object(&out->json);
	write_state(out, NODE_INIT, pid, tid, timeline.began_us,
		timeline.has_running ? timeline.running_us : timeline.ended_us);
	if (timeline.has_running)
		write_state(out, NODE_RUNNING, pid, tid, timeline.running_us, timeline.ended_us);
	if (failed != NULL && failed->termination != NULL)
		write_end(out, process, failed, result, tid, timeline.ended_us);
}

static void write_result(struct trace_out *out, const struct rank_result *result)
{
	char name[48];

	text_format(name, sizeof name, "rank %ld", (long)result->rank);
	if (result->process != NULL)
		write_timeline(out, result->process, result->ended, result, result->rank, name);
	else
		write_metadata(out, "thread_name", 0, result->rank, name, 0);
}

static bool has_ranks(const struct report *report)
{
	for (size_t i = 0; i < report->attempt_count; i++)
		if (report->attempts[i].count > 0)
			return true;
	return false;
}

static void write_processes(struct trace_out *out)
{
	FOR_EACH_PROCESS (process, &out->report->job) {
		const struct process *failed = process->termination != NULL ? process : NULL;
		char name[128];

		text_format(name, sizeof name, "%s (pid %d)", process->program, process->pid);
		write_timeline(out, process, failed, NULL, process->pid, name);
	}
}

static void write_hosts(struct trace_out *out)
{
	const struct report *report = out->report;

	for (size_t i = 0; i < report->host_count; i++) {
		write_metadata(out, "process_name", (int64_t)i + 1, 0, report->hosts[i], 0);
		write_metadata(out, "process_sort_index", (int64_t)i + 1, 0, NULL, (int64_t)i + 1);
	}
	for (size_t i = 0; i < report->attempt_count; i++)
		FOR_EACH_RESULT (result, &report->attempts[i])
			if (result->process == NULL) {
				write_metadata(out, "process_name", 0, 0, "never seen", 0);
				return;
			}
}

void render_perfetto(const struct report *report, struct text *text)
{
	struct trace_out out = {.report = report, .json = {.text = text}};

	json_begin_object(&out.json, NULL);
	json_string(&out.json, "displayTimeUnit", "ms");
	json_begin_array(&out.json, "traceEvents");
	write_hosts(&out);
	for (size_t i = 0; i < report->attempt_count; i++)
		FOR_EACH_RESULT (result, &report->attempts[i])
			write_result(&out, result);
	if (!has_ranks(report))
		write_processes(&out);
	json_end_array(&out.json);
	json_end_object(&out.json);
}
