/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/decode.h"

#include "core/report/decode_json.h"
#include "core/report/decode_stack.h"
#include "core/report/json_memory.h"

#include <string.h>

static void decode_signal(struct decoder *decoder, const cJSON *object, struct event_signal *signal)
{
	const char *is = string_of(object, "sender_is");

	signal->number = int_of(object, "number", 0);
	signal->has_code = cJSON_IsNumber(member(object, "code"));
	signal->code = int_of(object, "code", 0);
	signal->has_address = cJSON_IsString(member(object, "address"));
	signal->address = address_of(object, "address");
	signal->sender_pid = int_of(object, "sender_pid", 0);
	signal->sender_uid = number_of(object, "sender_uid", -1);
	signal->sender = keep(decoder, string_of(object, "sender"));
	if (is != NULL)
		event_sender_parse(is, &signal->sender_is);
}

static void decode_exception(
	struct decoder *decoder, const cJSON *object, struct event_exception *exception)
{
	if (!cJSON_IsObject(object))
		return;
	exception->language = keep(decoder, string_of(object, "language"));
	exception->type = keep(decoder, string_of(object, "type"));
	exception->message = keep(decoder, string_of(object, "message"));
	exception->module = keep(decoder, string_of(object, "module"));
	if (exception->language == NULL)
		exception->language = "unknown";
}


static void decode_exit(const cJSON *object, struct event *event)
{
	const char *how = string_of(object, "how");

	if (!cJSON_IsNumber(member(object, "code")))
		return;
	event->how = HOW_EXIT;
	if (how != NULL)
		event_how_parse(how, &event->how);
	event->exit_code = int_of(object, "code", 0);
}

static const struct told_end *decode_end(
	struct decoder *decoder, const cJSON *object, const struct told *told)
{
	struct told_end *end = allocate(decoder, sizeof *end);
	const char *cause = string_of(object, "cause");

	if (end == NULL)
		return NULL;
	end->event.state = told->state;
	end->event.what = told->what;
	end->event.pid = told->pid;
	if (cause != NULL)
		event_cause_parse(cause, &end->event.cause);
	decode_exit(member(object, "exit"), &end->event);
	decode_signal(decoder, member(object, "signal"), &end->event.signal);
	decode_exception(decoder, member(object, "exception"), &end->event.exception);
	end->event.abort_message = keep(decoder, string_of(object, "abort_message"));
	end->event.report_file = keep(decoder, string_of(object, "report_file"));
	decode_stacks(decoder, object, end);
	return end;
}

static void decode_ancestors(struct decoder *decoder, const cJSON *array, struct told *told)
{
	struct event_ancestor *ancestors = allocate_items(decoder, array, sizeof *ancestors);
	const cJSON *item;

	if (ancestors == NULL)
		return;
	told->ancestors = ancestors;
	cJSON_ArrayForEach(item, array)
	{
		const char *comm = string_of(item, "comm");

		ancestors[told->ancestor_count++] = (struct event_ancestor){
			.pid = int_of(item, "pid", 0),
			.comm = keep_some(decoder, comm),
		};
	}
}

static void decode_process(struct decoder *decoder, const cJSON *object, struct told *told)
{
	told->ppid = int_of(object, "ppid", 0);
	told->start_ticks = (uint64_t)number_of(object, "start_ticks", 0);
	told->boot_id = keep_some(decoder, string_of(object, "boot_id"));
	told->program = keep_some(decoder, string_of(object, "program"));
	decode_ancestors(decoder, member(object, "ancestors"), told);
}

static void decode_identity(struct decoder *decoder, const cJSON *object, struct told *told)
{
	const char *launcher = string_of(object, "launcher");

	told->hostname = keep_some(decoder, string_of(object, "hostname"));
	told->run_id = keep_some(decoder, string_of(object, "run_id"));
	told->pid = int_of(object, "pid", 0);
	told->rank = number_of(object, "rank", RANK_UNKNOWN);
	told->local_id = number_of(object, "local_id", RANK_UNKNOWN);
	told->world_size = number_of(object, "world_size", RANK_UNKNOWN);
	told->attempt = number_of(object, "attempt", 0);
	told->leader = !cJSON_IsFalse(member(object, "leader"));
	told->launcher = LAUNCHER_NONE;
	if (launcher != NULL)
		identity_launcher_parse(launcher, &told->launcher);
}

/* What follows the last colon of "<program>:<what>"; the program itself may hold colons. */
static const char *what_of(const cJSON *object)
{
	const char *name = string_of(object, "name");
	const char *colon = name == NULL ? NULL : strrchr(name, ':');

	return colon == NULL ? name : colon + 1;
}

static bool decode_head(const cJSON *object, struct told *told)
{
	const char *source = string_of(object, "source"), *state = string_of(object, "node_state");

	if (source == NULL || event_source_parse(source, &told->source) < 0)
		return false;
	if (state == NULL || node_state_parse(state, &told->state) < 0)
		return false;
	told->time_us = number_of(object, "time_us", 0);
	told->mono_us = number_of(object, "mono_us", 0);
	if (told->time_us == 0)
		told->time_us = number_of(object, "timestamp", 0) * 1000;
	return told->time_us > 0;
}

static enum line_kind decode_object(struct decoder *decoder, const cJSON *object, struct told *told)
{
	const char *schema = string_of(object, "schema");

	if (schema == NULL || strncmp(schema, "vigil.event/", 12) != 0)
		return LINE_FOREIGN;
	if (strcmp(schema, EVENT_SCHEMA) != 0)
		return LINE_UNKNOWN_SCHEMA;
	memset(told, 0, sizeof *told);
	if (!decode_head(object, told))
		return LINE_INCOMPLETE;
	decode_identity(decoder, object, told);
	if (told->pid <= 0 || told->hostname[0] == '\0')
		return LINE_INCOMPLETE;
	decode_process(decoder, member(object, "process"), told);
	told->what = keep_some(decoder, what_of(object));
	told->seq = count_of(object, "seq");
	told->dropped = count_of(object, "dropped");
	if (told->state == NODE_SUCCEEDED || told->state == NODE_FAILED)
		told->end = decode_end(decoder, object, told);
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

enum line_kind decode_line(
	struct decoder *decoder, const char *line, size_t count, struct told *ret_told)
{
	const char *end = NULL;
	enum line_kind kind = LINE_GARBAGE;
	cJSON *object;

	if (is_blank(line, count))
		return LINE_BLANK;
	json_memory_begin();
	object = cJSON_ParseWithLengthOpts(line, count, &end, 0);
	if (object == NULL || !is_blank(end, count - (size_t)(end - line)))
		kind = begins_as_event(line, count) ? LINE_TORN : LINE_GARBAGE;
	else
		kind = decode_object(decoder, object, ret_told);
	cJSON_Delete(object);
	return kind;
}
