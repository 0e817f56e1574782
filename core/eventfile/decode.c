/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/decode.h"

#include "core/eventfile/decode_calls.h"
#include "core/eventfile/decode_stack.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

void decoder_begin(struct decoder *decoder, struct arena *arena)
{
	*decoder = (struct decoder){.arena = arena, .kept.arena = arena};
}

void decoder_end(struct decoder *decoder)
{
	intern_release(&decoder->kept);
	free(decoder->json);
	decoder->json = NULL;
	decoder->json_size = 0;
}

/* Read a member of the JSON as the type of LVALUE; the result is LVALUE where KEY is absent. */
#define READ_NUMBER(lvalue, key)            \
	_Generic(lvalue, int                \
		 : decoded_int, int64_t     \
		 : decoded_int64, uint32_t  \
		 : decoded_uint32, uint64_t \
		 : decoded_uint64)(object, key, lvalue)
#define READ_RANK READ_NUMBER
#define READ_ADDRESS(lvalue, key) decoded_address(object, key, lvalue)
#define READ_BOOL(lvalue, key) decoded_bool(object, key, lvalue)
#define READ_FLAG READ_BOOL

/* Read the fields of EVENT that event_fields.def marks RECORD: those of every record. */
static void decode_record(
	struct decoder *decoder, const struct json *event, struct event_record *record)
{
	const struct json *object = event;

#define READ_STRING(lvalue, key) decoded_keep(decoder, object, key, "")
#define OBJECT(key, condition) object = decoded_member(event, #key);
#define OBJECT_END object = event;
#define HEAD(statement)
#define RECORD(statement) statement
#define END(statement)
#define UNREAD(statement)
#define FIELD(type, key, member, present, attribute, reader) \
	reader(record->key = READ_##type(record->key, #key);)
#define NAMED(prefix, key, member, present, attribute, reader) \
	reader(prefix##_parse(decoded_string(object, #key), &record->key);)
#define MADE(key, present, most, maker, reader) \
	reader(record->key = READ_STRING(record->key, #key);)
#include "core/events/event_fields.def"
}

#undef READ_STRING
#undef RECORD
#undef END

/* Read the fields that event_fields.def marks END: those of a termination or a kill. */
static void decode_details(struct decoder *decoder, const struct json *json, struct event *event)
{
	const struct json *object = json;

#define READ_STRING(lvalue, key) decoded_keep(decoder, object, key, lvalue)
#define OBJECT(key, condition) object = decoded_member(json, #key);
#define OBJECT_END object = json;
#define RECORD(statement)
#define END(statement) statement
#define FIELD(type, key, member, present, attribute, reader) \
	reader(event->member = READ_##type(event->member, #key);)
#define NAMED(prefix, key, member, present, attribute, reader) \
	reader(prefix##_parse(decoded_string(object, #key), &event->member);)
#include "core/events/event_fields.def"

	object = decoded_member(json, "signal");
	event->signal.has_code = json_is(decoded_member(object, "code"), JSON_NUMBER);
	event->signal.has_address = json_is(decoded_member(object, "address"), JSON_STRING);
	object = decoded_member(json, "fault");
	event->fault.has_address = json_is(decoded_member(object, "address"), JSON_STRING);
	object = decoded_member(json, "exit");
	if (!json_is(decoded_member(object, "code"), JSON_NUMBER))
		event->how = HOW_NONE;
	else if (event->how == HOW_NONE)
		event->how = HOW_EXIT;
	object = decoded_member(json, "exception");
	if (json_is(object, JSON_OBJECT) && event->exception.language == NULL)
		event->exception.language = "unknown";
}

static const struct kill_record *decode_kill(struct decoder *decoder, const struct json *object)
{
	struct kill_record *kill = decoded_allocate(decoder, sizeof *kill);
	struct event event = {.reporter.comm = ""};

	if (kill == NULL)
		return NULL;
	decode_details(decoder, object, &event);
	kill->number = event.signal.number;
	kill->reporter = event.reporter;
	kill->already_dead = event.already_dead;
	if (decoded_bool(object, "to_all", false))
		kill->reach = REACH_ALL;
	else if (decoded_bool(object, "to_group", false))
		kill->reach = REACH_GROUP;
	return kill;
}

static const struct output_record *decode_output(struct decoder *decoder, const struct json *object)
{
	struct output_record *output = decoded_allocate(decoder, sizeof *output);
	struct event event = {.reporter.comm = ""};

	if (output == NULL)
		return NULL;
	decode_details(decoder, object, &event);
	memcpy(output->own, event.outputs, sizeof output->own);
	output->forwarded = event.forwarded;
	return output;
}

/* Keep STRING line by line, because other ranks' traces have most of its lines, too. */
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

/* On x86, SIGTRAP comes when the breakpoint has been executed; other traps have other codes. */
static bool is_behind_breakpoint(const struct event_signal *signal)
{
	return signal->number == SIGTRAP && signal->has_code && signal->code == SI_KERNEL;
}

static const struct termination *decode_termination(
	struct decoder *decoder, const struct json *object, const struct event_record *record)
{
	struct termination *end = decoded_allocate(decoder, sizeof *end);
	struct event *event = end == NULL ? NULL : &end->event;

	if (end == NULL)
		return NULL;
	event->state = record->state;
	event->what = record->what;
	event->pid = record->pid;
	event->signal.sender_uid = -1;
	event->reporter.comm = "";
	decode_details(decoder, object, event);
	decode_stacks(decoder, object,
		event->stand.doing != DOING_UNKNOWN ||
			(strcmp(record->what, "signal") == 0 &&
				!is_behind_breakpoint(&event->signal)),
		end);
	decode_text(decoder, decoded_string(object, "error_trace"), &end->error_trace);
	decode_calls(decoder, decoded_member(object, "calls"), &event->calls);
	return end;
}

static void decode_ancestors(
	struct decoder *decoder, const struct json *array, struct event_record *record)
{
	struct event_ancestor *ancestors =
		json_is(array, JSON_ARRAY) ? decoded_items(decoder, array, sizeof *ancestors)
					   : NULL;
	const struct json *item;

	if (ancestors == NULL)
		return;
	record->ancestors = ancestors;
	FOR_EACH_JSON (item, array)
		ancestors[record->ancestor_count++] = (struct event_ancestor){
			.pid = decoded_int(item, "pid", 0),
			.comm = decoded_keep(decoder, item, "comm", ""),
		};
}

/* What follows the last colon of PROGRAM:WHAT; the program itself may hold colons. */
static const char *decode_what(struct decoder *decoder, const struct json *object)
{
	const char *name = decoded_string(object, "name"), *what;
	const char *colon = name == NULL ? NULL : strrchr(name, ':');

	if (name == NULL)
		return "";
	what = intern_string(&decoder->kept, colon == NULL ? name : colon + 1);
	decoder->out_of_memory |= what == NULL;
	return what == NULL ? "" : what;
}

/* Read the fields without which a line is no event. */
static bool decode_head(const struct json *object, struct event_record *record)
{
	if (event_source_parse(decoded_string(object, "source"), &record->source) < 0 ||
		node_state_parse(decoded_string(object, "node_state"), &record->state) < 0)
		return false;
	record->time_us = decoded_int64(object, "time_us", 0);
	if (record->time_us == 0)
		record->time_us = decoded_int64(object, "timestamp", 0) * 1000;
	return record->time_us > 0;
}

static bool says_of_output(const struct json *object)
{
	return json_is(decoded_member(object, "stdout"), JSON_OBJECT) ||
	       json_is(decoded_member(object, "stderr"), JSON_OBJECT) ||
	       json_is(decoded_member(object, "forwarded"), JSON_OBJECT);
}

static enum line_kind decode_object(
	struct decoder *decoder, const struct json *object, struct event_record *record)
{
	const char *schema = decoded_string(object, "schema");
	const struct json *process = decoded_member(object, "process");

	if (schema == NULL || strncmp(schema, "vigil.event/", 12) != 0)
		return LINE_FOREIGN;
	if (strcmp(schema, EVENT_SCHEMA) != 0)
		return LINE_UNKNOWN_SCHEMA;
	*record = (struct event_record){
		.rank = RANK_UNKNOWN,
		.local_id = RANK_UNKNOWN,
		.world_size = RANK_UNKNOWN,
		.group_rank = RANK_UNKNOWN,
		.launcher = LAUNCHER_NONE,
		.leader = true,
	};
	if (!decode_head(object, record))
		return LINE_INCOMPLETE;
	decode_record(decoder, object, record);
	if (record->pid <= 0 || record->hostname[0] == '\0')
		return LINE_INCOMPLETE;
	decode_ancestors(decoder, decoded_member(process, "ancestors"), record);
	record->what = decode_what(decoder, object);
	if (record->state == NODE_SUCCEEDED || record->state == NODE_FAILED)
		record->end = decode_termination(decoder, object, record);
	else if (strcmp(record->what, EVENT_WHAT_RAISED) == 0)
		record->raised = decode_termination(decoder, object, record);
	else if (json_is(decoded_member(object, "stand"), JSON_OBJECT))
		record->stand = decode_termination(decoder, object, record);
	else if (record->source == SOURCE_AGENT && strcmp(record->what, "kill") == 0)
		record->kill = decode_kill(decoder, object);
	else if (says_of_output(object))
		record->output = decode_output(decoder, object);
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

/* Whether no JSON begins as LINE does: what other programs have printed is not parsed. */
static bool begins_as_text(const char *line, size_t count)
{
	size_t at = 0;

	while (at < count && strchr(" \t\r", line[at]) != NULL && line[at] != '\0')
		at++;
	return at < count &&
	       (line[at] == '\0' || strchr("{[\"-0123456789tfn\xef", line[at]) == NULL);
}

/* Memory for the JSON of a line, which that of the next line takes over: an allocation for each
 * would be most of the reader's time. */
static bool make_room(struct decoder *decoder, size_t size)
{
	if (size <= decoder->json_size)
		return true;
	free(decoder->json);
	decoder->json = malloc(size * 2);
	decoder->json_size = decoder->json == NULL ? 0 : size * 2;
	decoder->out_of_memory |= decoder->json == NULL;
	return decoder->json != NULL;
}

enum line_kind decode_line(
	struct decoder *decoder, const char *line, size_t count, struct event_record *ret_record)
{
	const struct json *object;

	if (is_blank(line, count))
		return LINE_BLANK;
	if (begins_as_text(line, count))
		return LINE_GARBAGE;
	if (!make_room(decoder, json_size(line, count)))
		return LINE_GARBAGE;
	object = json_parse(line, count, decoder->json);
	if (object == NULL)
		return begins_as_event(line, count) ? LINE_TORN : LINE_GARBAGE;
	return decode_object(decoder, object, ret_record);
}
