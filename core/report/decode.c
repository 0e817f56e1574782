/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/decode.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The strings that a line mostly has in common with the line before it. */
enum remembered { HOSTNAME, BOOT_ID, RUN_ID, PROGRAM, WHAT };

/* More than this in one event is nobody's stack. */
#define FRAMES_MOST 4096

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *string_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(member(object, key));
}

/* A number that is whole and in range, or OTHERWISE. */
static int64_t number_of(const cJSON *object, const char *key, int64_t otherwise)
{
	const cJSON *item = member(object, key);

	if (!cJSON_IsNumber(item) || !(item->valuedouble > -9e18 && item->valuedouble < 9e18))
		return otherwise;
	return (int64_t)item->valuedouble;
}

static int int_of(const cJSON *object, const char *key, int otherwise)
{
	int64_t number = number_of(object, key, otherwise);

	return number < INT_MIN || number > INT_MAX ? otherwise : (int)number;
}

static uint32_t count_of(const cJSON *object, const char *key)
{
	int64_t number = number_of(object, key, 0);

	return number < 0 || number > UINT32_MAX ? 0 : (uint32_t)number;
}

static void *allocate(struct decoder *decoder, size_t size)
{
	void *piece = arena_alloc(decoder->arena, size);

	decoder->out_of_memory |= piece == NULL;
	return piece;
}

/* NULL stays NULL. */
static const char *keep(struct decoder *decoder, const char *string)
{
	const char *copy = string == NULL ? NULL : arena_strdup(decoder->arena, string);

	decoder->out_of_memory |= string != NULL && copy == NULL;
	return copy;
}

/* NULL becomes "". */
static const char *keep_once(struct decoder *decoder, enum remembered which, const char *string)
{
	const char **last = &decoder->last[which];

	if (string == NULL)
		return "";
	if (*last == NULL || strcmp(*last, string) != 0) {
		const char *copy = keep(decoder, string);

		*last = copy == NULL ? "" : copy;
	}
	return *last;
}

static uint64_t address_of(const cJSON *object, const char *key)
{
	const char *string = string_of(object, key);

	return string == NULL ? 0 : strtoull(string, NULL, 0);
}

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

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));

	return at == NULL ? -1 : (int)(at - digits);
}

static void decode_build_id(const char *string, struct frame_module *module)
{
	size_t count = 0;

	if (string == NULL)
		return;
	while (count < BUILD_ID_MAX && hex_digit(string[0]) >= 0 && hex_digit(string[1]) >= 0) {
		module->build_id[count++] =
			(uint8_t)(hex_digit(string[0]) << 4 | hex_digit(string[1]));
		string += 2;
	}
	module->build_id_size = count;
}

static const struct frame_module *decode_module(struct decoder *decoder, const cJSON *object)
{
	const char *path = string_of(object, "module");
	struct frame_module *module;

	if (path == NULL)
		return NULL;
	module = allocate(decoder, sizeof *module);
	if (module == NULL)
		return NULL;
	if (decoder->last_module == NULL || strcmp(decoder->last_module, path) != 0)
		decoder->last_module = keep(decoder, path);
	module->path = decoder->last_module == NULL ? "" : decoder->last_module;
	decode_build_id(string_of(object, "build_id"), module);
	return module;
}

static void decode_frame(struct decoder *decoder, const cJSON *object, struct frame *frame)
{
	const char *kind = string_of(object, "kind");

	if (kind != NULL)
		event_frame_kind_parse(kind, &frame->kind);
	frame->pc = address_of(object, "pc");
	frame->module = decode_module(decoder, object);
	frame->offset = address_of(object, "offset");
	frame->function = keep(decoder, string_of(object, "function"));
	frame->function_offset = (uint64_t)number_of(object, "function_offset", 0);
	frame->file = keep(decoder, string_of(object, "file"));
	frame->line = int_of(object, "line", 0);
}

static void decode_frames(struct decoder *decoder, const cJSON *array, struct event *event)
{
	size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
	struct frame *frames;
	const cJSON *item;

	if (count == 0 || count > FRAMES_MOST)
		return;
	frames = allocate(decoder, count * sizeof *frames);
	if (frames == NULL)
		return;
	event->frames = frames;
	cJSON_ArrayForEach(item, array) decode_frame(decoder, item, &frames[event->frame_count++]);
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
	const char *cause = string_of(object, "cause"), *trace = string_of(object, "error_trace");

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
	decode_frames(decoder, member(object, "frames"), &end->event);
	end->error_trace = trace == NULL || trace[0] == '\0' ? "" : keep(decoder, trace);
	return end;
}

static void decode_ancestors(struct decoder *decoder, const cJSON *array, struct told *told)
{
	size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
	struct event_ancestor *ancestors;
	const cJSON *item;

	if (count == 0 || count > FRAMES_MOST)
		return;
	ancestors = allocate(decoder, count * sizeof *ancestors);
	if (ancestors == NULL)
		return;
	told->ancestors = ancestors;
	cJSON_ArrayForEach(item, array)
	{
		const char *comm = string_of(item, "comm");

		ancestors[told->ancestor_count++] = (struct event_ancestor){
			.pid = int_of(item, "pid", 0),
			.comm = comm == NULL ? "" : keep(decoder, comm),
		};
	}
}

static void decode_process(struct decoder *decoder, const cJSON *object, struct told *told)
{
	told->ppid = int_of(object, "ppid", 0);
	told->start_ticks = (uint64_t)number_of(object, "start_ticks", 0);
	told->boot_id = keep_once(decoder, BOOT_ID, string_of(object, "boot_id"));
	told->program = keep_once(decoder, PROGRAM, string_of(object, "program"));
	decode_ancestors(decoder, member(object, "ancestors"), told);
}

static void decode_identity(struct decoder *decoder, const cJSON *object, struct told *told)
{
	const char *launcher = string_of(object, "launcher");

	told->hostname = keep_once(decoder, HOSTNAME, string_of(object, "hostname"));
	told->run_id = keep_once(decoder, RUN_ID, string_of(object, "run_id"));
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
	told->what = keep_once(decoder, WHAT, what_of(object));
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
	object = cJSON_ParseWithLengthOpts(line, count, &end, 0);
	if (object == NULL || !is_blank(end, count - (size_t)(end - line)))
		kind = begins_as_event(line, count) ? LINE_TORN : LINE_GARBAGE;
	else
		kind = decode_object(decoder, object, ret_told);
	cJSON_Delete(object);
	return kind;
}
