/* SPDX-License-Identifier: Apache-2.0 */
/* An event as JSON: one function a group of fields, in the order of the schema's table. */
#include "core/events/event.h"

#include "core/base/json_out.h"
#include "core/base/secret.h"
#include "core/base/utf8.h"
#include "core/events/event_threads.h"

#include <string.h>

/*
 * How much of the parts that may be cut is written: other threads go first, then frames, then
 * error_trace, then argv.
 * Strings are bounded at all times, and go last: only bytes that escape to six each, all over the
 * event, lead so far.
 */
struct limits {
	struct thread_limits threads;
	size_t frames, trace, argv, string;
	bool cut;
};

#define NAME_SIZE 320 /* the longest name of a file, and what it did */
#define MESSAGE_MAX 1000
#define STRING_MAX 8192
#define STRING_LEAST 16

static void write_rank(struct json_out *json, const char *key, int64_t value, bool always)
{
	if (value != RANK_UNKNOWN)
		json_int(json, key, value);
	else if (always)
		json_null(json, key);
}

static void write_head(struct json_out *json, const struct event *event)
{
	char name[NAME_SIZE];

	text_format(name, sizeof name, "%s:%s", event->process.program, event->what);
	json_string(json, "schema", EVENT_SCHEMA);
	json_string(json, "name", name);
	json_string(json, "source", event_source_name(event->source));
	json_string(json, "node_state", node_state_name(event->state));
}

static void write_cut(struct json_out *json, const char *key, const struct text *made, size_t most)
{
	size_t string_max = json->string_max;

	json->cut |= made->length > most;
	json->string_max = 0;
	json_string_n(json, key, made->data, utf8_cut(made->data, made->length, most));
	json->string_max = string_max;
}

/* Cut to MOST bytes, at most MESSAGE_MAX; as many more are made as show where a character ends. */
static void write_message(struct json_out *json, const struct event *event, size_t most)
{
	char bytes[MESSAGE_MAX + 8];
	struct text made;

	text_init(&made, bytes, sizeof bytes);
	event_message(event, &made);
	write_cut(json, "message", &made, most);
}

/*
 * Text that is made as it is written, cut as LIMITS say. It is made in the far half of what is left
 * of the buffer, and the near half cannot grow into it meanwhile.
 */
static void write_error_trace(
	struct json_out *json, const struct event *event, const struct limits *limits)
{
	struct text *text = json->text;
	size_t size = text->size, half = text->length + (size - text->length) / 2;
	struct text made;

	if (half == text->length) { /* full: there are no halves */
		text->truncated = true;
		return;
	}
	text_init(&made, text->data + half, size - half);
	event_error_trace(event, &made);
	event_threads_text(event, &limits->threads, &made);
	text->truncated |= made.truncated && made.length < limits->trace;
	text->size = half;
	write_cut(json, "error_trace", &made, limits->trace);
	text->size = size;
}

static void write_when_and_who(struct json_out *json, const struct event *event)
{
	const struct identity *id = &event->identity;

	json_int(json, "timestamp", event->at.real_us / 1000);
	json_int(json, "time_us", event->at.real_us);
	json_int(json, "mono_us", event->at.mono_us);
	json_string(json, "run_id", id->run_id);
	json_string(json, "hostname", event->hostname);
	json_int(json, "pid", event->pid);
	write_rank(json, "rank", id->rank, true);
	write_rank(json, "local_id", id->local_id, true);
	write_rank(json, "world_size", id->world_size, false);
	write_rank(json, "group_rank", id->group_rank, false);
	json_int(json, "attempt", id->attempt);
	if (id->rank_source != NULL)
		json_string(json, "rank_source", id->rank_source);
	json_bool(json, "leader", event->leader);
	json_string(json, "master_endpoint", id->master_endpoint);
}

static void write_exit(struct json_out *json, const struct event *event)
{
	if (event->how == HOW_NONE)
		return;
	json_begin_object(json, "exit");
	json_int(json, "code", event->exit_code);
	json_string(json, "how", event_how_name(event->how));
	json_end_object(json);
}

static void write_optional(struct json_out *json, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		json_string(json, key, value);
}

static void write_sender(struct json_out *json, const struct event_signal *signal)
{
	if (signal->sender_pid > 0) {
		json_int(json, "sender_pid", signal->sender_pid);
		if (signal->sender_uid >= 0)
			json_int(json, "sender_uid", signal->sender_uid);
	}
	write_optional(json, "sender", signal->sender);
	write_optional(json, "sender_is", event_sender_name(signal->sender_is));
}

static void write_signal(struct json_out *json, const struct event_signal *signal)
{
	char name[16];

	if (signal->number == 0)
		return;
	json_begin_object(json, "signal");
	json_int(json, "number", signal->number);
	json_string(json, "name", event_signal_name(signal->number, name));
	if (signal->has_code) {
		json_int(json, "code", signal->code);
		write_optional(
			json, "code_name", event_signal_code_name(signal->number, signal->code));
	}
	if (signal->has_address)
		json_address(json, "address", signal->address);
	write_sender(json, signal);
	if (signal->core_dumped)
		json_bool(json, "core_dumped", true);
	json_end_object(json);
}

static void write_fault(struct json_out *json, const struct event_fault *fault)
{
	char name[16];

	if (fault->number == 0)
		return;
	json_begin_object(json, "fault");
	json_int(json, "number", fault->number);
	json_string(json, "name", event_signal_name(fault->number, name));
	json_int(json, "code", fault->code);
	write_optional(json, "code_name", event_signal_code_name(fault->number, fault->code));
	if (fault->has_address)
		json_address(json, "address", fault->address);
	if (fault->tid != 0)
		json_int(json, "tid", fault->tid);
	json_end_object(json);
}

static void write_reporter(struct json_out *json, const struct event_reporter *reporter)
{
	if (reporter->pid <= 0)
		return;
	json_begin_object(json, "teller");
	json_int(json, "pid", reporter->pid);
	json_string(json, "comm", reporter->comm == NULL ? "" : reporter->comm);
	json_end_object(json);
}

static void write_reach(struct json_out *json, enum event_reach reach)
{
	static const char *const members[] = {
		[REACH_ONE] = NULL, [REACH_GROUP] = "to_group", [REACH_ALL] = "to_all"};

	if (members[reach] != NULL)
		json_bool(json, members[reach], true);
}

static void write_oom(struct json_out *json, const struct event_oom *oom)
{
	if (oom->cgroup == NULL)
		return;
	json_begin_object(json, "oom");
	json_int(json, "kills_before", oom->kills_before);
	json_int(json, "kills_after", oom->kills_after);
	json_string(json, "cgroup", oom->cgroup);
	json_end_object(json);
}

static void write_exception(struct json_out *json, const struct event_exception *exception)
{
	if (exception->language == NULL)
		return;
	json_begin_object(json, "exception");
	json_string(json, "language", exception->language);
	if (exception->type != NULL)
		json_string(json, "type", exception->type);
	if (exception->message != NULL)
		json_string(json, "message", exception->message);
	write_optional(json, "module", exception->module);
	json_end_object(json);
}

static void write_frame_module(struct json_out *json, const struct frame *frame)
{
	const struct frame_module *module = frame->module;

	if (module == NULL)
		return;
	json_string(json, "module", module->path);
	if (module->build_id_size > 0)
		json_hex_bytes(json, "build_id", module->build_id, module->build_id_size);
	json_address(json, "offset", frame->offset);
}

void event_frame_members(const struct frame *frame, struct json_out *json)
{
	if (frame->kind != FRAME_PYTHON)
		json_address(json, "pc", frame->pc);
	write_frame_module(json, frame);
	if (frame->function != NULL)
		json_string(json, "function", frame->function);
	if (frame->function != NULL && frame->kind != FRAME_PYTHON)
		json_uint(json, "function_offset", frame->function_offset);
	if (frame->file != NULL)
		json_string(json, "file", frame->file);
	if (frame->file != NULL && frame->line > 0)
		json_int(json, "line", frame->line);
	json_string(json, "kind", event_frame_kind_name(frame->kind));
}

void event_frame_json(const struct frame *frame, struct json_out *json)
{
	json_begin_object(json, NULL);
	event_frame_members(frame, json);
	json_end_object(json);
}

static void write_frames(struct json_out *json, const struct event *event, size_t most)
{
	if (event->frame_count == 0)
		return;
	json_begin_array(json, "frames");
	for (size_t i = 0; i < event->frame_count && i < most && !json->text->truncated; i++)
		event_frame_json(&event->frames[i], json);
	json_end_array(json);
}

void event_registers_json(const struct event *event, struct json_out *json)
{
	if (event->register_count == 0)
		return;
	json_begin_object(json, "registers");
	for (size_t i = 0; i < event->register_count; i++)
		json_address(json, event->registers[i].name, event->registers[i].value);
	json_end_object(json);
}

/* Which method found the native frames, as the schema's trace.unwinder; NULL when there is none of
 * them. */
static const char *unwinder_of(const struct event *event)
{
	bool cfi = false, other = false;

	for (size_t i = 0; i < event->frame_count; i++) {
		cfi |= event->frames[i].kind == FRAME_CFI;
		other |= event->frames[i].kind == FRAME_FP || event->frames[i].kind == FRAME_FIXUP;
	}
	return cfi && other ? "mixed" : other ? "fp" : cfi ? "cfi" : NULL;
}

static void write_trace(struct json_out *json, const struct event *event)
{
	if (event->outcome == TRACE_NONE)
		return;
	json_begin_object(json, "trace");
	write_optional(json, "unwinder", unwinder_of(event));
	json_string(json, "outcome", event_outcome_name(event->outcome));
	json_int(json, "us", event->trace_us);
	if (event->fingerprint != 0)
		json_address(json, "fingerprint", event->fingerprint);
	if (event->truncated)
		json_bool(json, "truncated", true);
	write_optional(json, "stop", event->stop);
	json_end_object(json);
}

/* The next argument of SCAN without its secrets. */
static void write_masked(struct json_out *json, struct secret_scan *scan, const char *argument)
{
	size_t length = strlen(argument), done = 0, start, end;

	if (json->string_max > 0 && length > json->string_max) {
		length = utf8_cut(argument, length, json->string_max);
		json->cut = true;
	}
	secret_scan_next(scan, argument);
	json_begin_string(json, NULL);
	while (secret_find(scan, &start, &end)) {
		if (start >= length)
			continue; /* the end says what the next argument is */
		json_escape(json->text, argument + done, start - done);
		json_escape(json->text, SECRET_MASK, sizeof SECRET_MASK - 1);
		done = end < length ? end : length;
	}
	json_escape(json->text, argument + done, length - done);
	json_end_string(json);
}

static void write_argv(struct json_out *json, const struct event_process *process, size_t most)
{
	struct secret_scan scan = {0};

	json_begin_array(json, "argv");
	for (size_t i = 0; i < process->argc && i < most && !json->text->truncated; i++)
		if (process->argv_form == ARGV_MASKED)
			write_masked(json, &scan, process->argv[i]);
		else
			json_string(json, NULL, process->argv[i]);
	json_end_array(json);
}

static void write_ancestors(struct json_out *json, const struct event_process *process)
{
	json_begin_array(json, "ancestors");
	for (size_t i = 0; i < process->ancestor_count; i++) {
		json_begin_object(json, NULL);
		json_int(json, "pid", process->ancestors[i].pid);
		json_string(json, "comm", process->ancestors[i].comm);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_process_in_full(
	struct json_out *json, const struct event_process *process, size_t argv_most)
{
	write_optional(json, "exe", process->exe);
	if (process->argc > 0 && process->argv_form != ARGV_NONE)
		write_argv(json, process, argv_most);
	write_optional(json, "cwd", process->cwd);
	if (process->ancestor_count > 0)
		write_ancestors(json, process);
}

static void write_process(struct json_out *json, const struct event *event, size_t argv_most)
{
	const struct event_process *process = &event->process;

	json_begin_object(json, "process");
	json_string(json, "program", process->program);
	if (event->process_in_full)
		write_process_in_full(json, process, argv_most);
	if (process->ppid > 0)
		json_int(json, "ppid", process->ppid);
	if (process->start_ticks > 0)
		json_uint(json, "start_ticks", process->start_ticks);
	write_optional(json, "boot_id", process->boot_id);
	if (process->tid > 0)
		json_int(json, "tid", process->tid);
	write_optional(json, "thread", process->thread);
	json_end_object(json);
}

static void write_usage(struct json_out *json, const struct event_usage *usage)
{
	if (!usage->known)
		return;
	json_begin_object(json, "usage");
	if (usage->wall_us > 0)
		json_int(json, "wall_us", usage->wall_us);
	json_int(json, "user_us", usage->user_us);
	json_int(json, "system_us", usage->system_us);
	json_int(json, "max_rss_kb", usage->max_rss_kb);
	json_end_object(json);
}

static void write_event(
	struct json_out *json, const struct event *event, const struct limits *limits)
{
	json_begin_object(json, NULL);
	write_head(json, event);
	write_message(json, event, limits->string < MESSAGE_MAX ? limits->string : MESSAGE_MAX);
	write_when_and_who(json, event);
	if (event->state == NODE_FAILED)
		write_error_trace(json, event, limits);
	else
		json_string(json, "error_trace", "");
	write_optional(json, "cause", event_cause_name(event->cause));
	write_exit(json, event);
	write_signal(json, &event->signal);
	write_fault(json, &event->fault);
	write_reporter(json, &event->reporter);
	write_reach(json, event->reach);
	write_oom(json, &event->oom);
	write_exception(json, &event->exception);
	write_optional(json, "abort_message", event->abort_message);
	write_optional(json, "report_file", event->report_file);
	write_frames(json, event, limits->frames);
	event_registers_json(event, json);
	event_threads_json(event, &limits->threads, json);
	write_trace(json, event);
	write_process(json, event, limits->argv);
	json_string(json, "launcher", identity_launcher_name(event->identity.launcher));
	write_usage(json, &event->usage);
	if (limits->cut || json->cut)
		json_bool(json, "truncated", true);
	json_int(json, "seq", event->seq);
	if (event->dropped > 0)
		json_int(json, "dropped", event->dropped);
	if (event->unsent > 0)
		json_int(json, "unsent", event->unsent);
	json_end_object(json);
}

/* Make the next cut: half of what is left of the first part that has something left. Returns false
 * when all is gone. */
static bool cut_more(struct limits *limits, const struct event *event)
{
	size_t *part = NULL;

	limits->cut = true;
	if (event_threads_cut(event, &limits->threads))
		return true;
	if (limits->frames > event->frame_count)
		limits->frames = event->frame_count;
	if (limits->argv > event->process.argc)
		limits->argv = event->process.argc;
	if (limits->frames > 0)
		part = &limits->frames;
	else if (limits->trace > 0)
		part = &limits->trace;
	else if (limits->argv > 0)
		part = &limits->argv;
	else if (limits->string > STRING_LEAST)
		part = &limits->string;
	if (part != NULL)
		*part /= 2;
	return part != NULL;
}

void event_json(const struct event *event, struct text *text)
{
	struct limits limits = {
		.threads = THREAD_LIMITS_NONE,
		.frames = SIZE_MAX,
		.trace = EVENT_LINE_MAX,
		.argv = SIZE_MAX,
		.string = STRING_MAX,
	};
	size_t size = text->size;

	if (text->size > EVENT_LINE_MAX)
		text->size = EVENT_LINE_MAX;
	do {
		struct json_out json = {.text = text, .string_max = limits.string};

		text_reset(text, 0);
		write_event(&json, event, &limits);
	} while (text->truncated && cut_more(&limits, event));
	text->size = size;
}
