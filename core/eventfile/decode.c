/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/decode.h"

#include "core/eventfile/decode_stack.h"
#include "core/eventfile/decode_value.h"
#include "core/eventfile/json_memory.h"

#include <signal.h>
#include <string.h>

static void decode_signal(struct decoder *decoder, const cJSON *object, struct event_signal *signal)
{
	const char *is = decoded_string(object, "sender_is");

	signal->number = decoded_int(object, "number", 0);
	signal->has_code = cJSON_IsNumber(decoded_member(object, "code"));
	signal->code = decoded_int(object, "code", 0);
	signal->has_address = cJSON_IsString(decoded_member(object, "address"));
	signal->address = decoded_address(object, "address");
	signal->sender_pid = decoded_int(object, "sender_pid", 0);
	signal->sender_uid = decoded_number(object, "sender_uid", -1);
	signal->sender = decoded_keep(decoder, decoded_string(object, "sender"));
	if (is != NULL)
		event_sender_parse(is, &signal->sender_is);
	signal->core_dumped = cJSON_IsTrue(decoded_member(object, "core_dumped"));
}

static void decode_fault(const cJSON *object, struct event_fault *fault)
{
	fault->number = decoded_int(object, "number", 0);
	fault->code = decoded_int(object, "code", 0);
	fault->has_address = cJSON_IsString(decoded_member(object, "address"));
	fault->address = decoded_address(object, "address");
	fault->tid = decoded_int(object, "tid", 0);
}

static struct event_reporter decode_reporter(struct decoder *decoder, const cJSON *event)
{
	const cJSON *object = decoded_member(event, "teller");

	return (struct event_reporter){
		.pid = decoded_int(object, "pid", 0),
		.comm = decoded_keep_some(decoder, decoded_string(object, "comm")),
	};
}

static void decode_oom(struct decoder *decoder, const cJSON *object, struct event_oom *oom)
{
	oom->cgroup = decoded_keep(decoder, decoded_string(object, "cgroup"));
	oom->kills_before = decoded_number(object, "kills_before", 0);
	oom->kills_after = decoded_number(object, "kills_after", 0);
}

static const struct kill_record *decode_kill(struct decoder *decoder, const cJSON *object)
{
	struct kill_record *kill = decoded_allocate(decoder, sizeof *kill);

	if (kill == NULL)
		return NULL;
	kill->number = decoded_int(decoded_member(object, "signal"), "number", 0);
	kill->reporter = decode_reporter(decoder, object);
	if (cJSON_IsTrue(decoded_member(object, "to_all")))
		kill->reach = REACH_ALL;
	else if (cJSON_IsTrue(decoded_member(object, "to_group")))
		kill->reach = REACH_GROUP;
	return kill;
}

static void decode_exception(
	struct decoder *decoder, const cJSON *object, struct event_exception *exception)
{
	if (!cJSON_IsObject(object))
		return;
	exception->language = decoded_keep(decoder, decoded_string(object, "language"));
	exception->type = decoded_keep(decoder, decoded_string(object, "type"));
	exception->message = decoded_keep(decoder, decoded_string(object, "message"));
	exception->module = decoded_keep(decoder, decoded_string(object, "module"));
	if (exception->language == NULL)
		exception->language = "unknown";
}

static void decode_trace(struct decoder *decoder, const cJSON *object, struct event *event)
{
	event->truncated = cJSON_IsTrue(decoded_member(object, "truncated"));
	event->stop = decoded_keep(decoder, decoded_string(object, "stop"));
	event->trace_us = decoded_int(object, "us", 0);
}

/* Line by line: most lines of a stack stand in those of the other ranks, too. */
static void decode_text(struct decoder *decoder, const char *string, struct text_lines *text)
{
	size_t count = 0, length;
	const char **lines;

	if (string == NULL || string[0] == '\0')
		return;
	for (const char *at = string; (at = strchr(at, '\n')) != NULL; at++)
		count++;
	lines = decoded_allocate(decoder, (count + 1) * sizeof *lines);
	if (lines == NULL)
		return;
	text->lines = lines;
	for (; string[0] != '\0'; string += length) {
		length = strcspn(string, "\n");
		length += string[length] == '\n';
		*lines = intern_bytes(&decoder->kept, string, length);
		decoder->out_of_memory |= *lines == NULL;
		if (*lines++ == NULL)
			return;
		text->count++;
	}
}

static void decode_exit(const cJSON *object, struct event *event)
{
	const char *how = decoded_string(object, "how");

	if (!cJSON_IsNumber(decoded_member(object, "code")))
		return;
	event->how = HOW_EXIT;
	if (how != NULL)
		event_how_parse(how, &event->how);
	event->exit_code = decoded_int(object, "code", 0);
}

/* x86 reports a breakpoint when it is over; the kernel gives other traps codes of their own. */
static bool is_behind_breakpoint(const struct event_signal *signal)
{
	return signal->number == SIGTRAP && signal->has_code && signal->code == SI_KERNEL;
}

static const struct termination *decode_end(
	struct decoder *decoder, const cJSON *object, const struct event_record *record)
{
	struct termination *end = decoded_allocate(decoder, sizeof *end);
	struct stack stack;
	const char *cause = decoded_string(object, "cause");

	if (end == NULL)
		return NULL;
	end->event.state = record->state;
	end->event.what = record->what;
	end->event.pid = record->pid;
	if (cause != NULL)
		event_cause_parse(cause, &end->event.cause);
	decode_exit(decoded_member(object, "exit"), &end->event);
	decode_signal(decoder, decoded_member(object, "signal"), &end->event.signal);
	decode_fault(decoded_member(object, "fault"), &end->event.fault);
	end->event.reporter = decode_reporter(decoder, object);
	decode_oom(decoder, decoded_member(object, "oom"), &end->event.oom);
	decode_exception(decoder, decoded_member(object, "exception"), &end->event.exception);
	end->event.abort_message = decoded_keep(decoder, decoded_string(object, "abort_message"));
	end->event.report_file = decoded_keep(decoder, decoded_string(object, "report_file"));
	stack = decode_frames(decoder, decoded_member(object, "frames"),
		record->what != NULL && strcmp(record->what, "signal") == 0 &&
			!is_behind_breakpoint(&end->event.signal));
	end->event.frames = stack.frames;
	end->event.frame_count = stack.count;
	end->pcs = stack.pcs;
	decode_registers(decoder, decoded_member(object, "registers"), &end->event);
	decode_threads(decoder, object, end);
	decode_trace(decoder, decoded_member(object, "trace"), &end->event);
	decode_text(decoder, decoded_string(object, "error_trace"), &end->error_trace);
	return end;
}

static void decode_ancestors(
	struct decoder *decoder, const cJSON *array, struct event_record *record)
{
	struct event_ancestor *ancestors = decoded_items(decoder, array, sizeof *ancestors);
	const cJSON *item;

	if (ancestors == NULL)
		return;
	record->ancestors = ancestors;
	cJSON_ArrayForEach(item, array)
	{
		const char *comm = decoded_string(item, "comm");

		ancestors[record->ancestor_count++] = (struct event_ancestor){
			.pid = decoded_int(item, "pid", 0),
			.comm = decoded_keep_some(decoder, comm),
		};
	}
}

static void decode_process(
	struct decoder *decoder, const cJSON *object, struct event_record *record)
{
	record->ppid = decoded_int(object, "ppid", 0);
	record->start_ticks = (uint64_t)decoded_number(object, "start_ticks", 0);
	record->boot_id = decoded_keep_some(decoder, decoded_string(object, "boot_id"));
	record->program = decoded_keep_some(decoder, decoded_string(object, "program"));
	decode_ancestors(decoder, decoded_member(object, "ancestors"), record);
}

static void decode_identity(
	struct decoder *decoder, const cJSON *object, struct event_record *record)
{
	const char *launcher = decoded_string(object, "launcher");

	record->hostname = decoded_keep_some(decoder, decoded_string(object, "hostname"));
	record->run_id = decoded_keep_some(decoder, decoded_string(object, "run_id"));
	record->pid = decoded_int(object, "pid", 0);
	record->rank = decoded_number(object, "rank", RANK_UNKNOWN);
	record->local_id = decoded_number(object, "local_id", RANK_UNKNOWN);
	record->world_size = decoded_number(object, "world_size", RANK_UNKNOWN);
	record->attempt = decoded_number(object, "attempt", 0);
	record->leader = !cJSON_IsFalse(decoded_member(object, "leader"));
	record->launcher = LAUNCHER_NONE;
	if (launcher != NULL)
		identity_launcher_parse(launcher, &record->launcher);
}

/* What follows the last colon of "<program>:<what>"; the program itself may hold colons. */
static const char *what_of(const cJSON *object)
{
	const char *name = decoded_string(object, "name");
	const char *colon = name == NULL ? NULL : strrchr(name, ':');

	return colon == NULL ? name : colon + 1;
}

static bool decode_head(const cJSON *object, struct event_record *record)
{
	const char *source = decoded_string(object, "source"),
		   *state = decoded_string(object, "node_state");

	if (source == NULL || event_source_parse(source, &record->source) < 0)
		return false;
	if (state == NULL || node_state_parse(state, &record->state) < 0)
		return false;
	record->time_us = decoded_number(object, "time_us", 0);
	record->mono_us = decoded_number(object, "mono_us", 0);
	if (record->time_us == 0)
		record->time_us = decoded_number(object, "timestamp", 0) * 1000;
	return record->time_us > 0;
}

static enum line_kind decode_object(
	struct decoder *decoder, const cJSON *object, struct event_record *record)
{
	const char *schema = decoded_string(object, "schema");

	if (schema == NULL || strncmp(schema, "vigil.event/", 12) != 0)
		return LINE_FOREIGN;
	if (strcmp(schema, EVENT_SCHEMA) != 0)
		return LINE_UNKNOWN_SCHEMA;
	memset(record, 0, sizeof *record);
	if (!decode_head(object, record))
		return LINE_INCOMPLETE;
	decode_identity(decoder, object, record);
	if (record->pid <= 0 || record->hostname[0] == '\0')
		return LINE_INCOMPLETE;
	decode_process(decoder, decoded_member(object, "process"), record);
	record->what = decoded_keep_some(decoder, what_of(object));
	record->seq = decoded_count(object, "seq");
	record->dropped = decoded_count(object, "dropped");
	record->unsent = decoded_count(object, "unsent");
	if (record->state == NODE_SUCCEEDED || record->state == NODE_FAILED)
		record->end = decode_end(decoder, object, record);
	else if (record->source == SOURCE_AGENT && strcmp(record->what, "kill") == 0)
		record->kill = decode_kill(decoder, object);
	return LINE_EVENT;
}

static bool is_blank(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r')
			return false;
	return true;
}

static bool begins_as_event(const char *line, size_t count)
{
	static const char beginning[] = "{\"schema\":\"vigil.event";

	return count > 0 && memcmp(line, beginning,
				    count < sizeof beginning ? count : sizeof beginning - 1) == 0;
}

/* No JSON begins so: what any other program may have printed costs no parser. */
static bool begins_as_text(const char *line, size_t count)
{
	size_t at = 0;

	while (at < count && strchr(" \t\r", line[at]) != NULL && line[at] != '\0')
		at++;
	return at < count &&
	       (line[at] == '\0' || strchr("{[\"-0123456789tfn\xef", line[at]) == NULL);
}

enum line_kind decode_line(
	struct decoder *decoder, const char *line, size_t count, struct event_record *ret_record)
{
	const char *end = NULL;
	enum line_kind kind = LINE_GARBAGE;
	cJSON *object;

	if (is_blank(line, count))
		return LINE_BLANK;
	if (begins_as_text(line, count))
		return LINE_GARBAGE;
	json_memory_begin();
	object = cJSON_ParseWithLengthOpts(line, count, &end, 0);
	if (object == NULL || !is_blank(end, count - (size_t)(end - line)))
		kind = begins_as_event(line, count) ? LINE_TORN : LINE_GARBAGE;
	else
		kind = decode_object(decoder, object, ret_record);
	cJSON_Delete(object);
	return kind;
}
