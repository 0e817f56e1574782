/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/otlp_record.h"

#include "core/base/number.h"
#include "core/events/event.h"
#include "core/eventfile/decode_value.h"

#include <string.h>

/* The longest path of a member: longer ones are cut. */
#define PATH_SIZE 256

/* What has a name of its own. NULL: it is elsewhere, in the record or in its resource. */
static const struct {
	const char *path, *attribute;
} names[] = {
	{"name", NULL},
	{"message", NULL},
	{"timestamp", NULL},
	{"time_us", NULL},
	{"hostname", NULL},
	{"pid", "process.pid"},
	{"rank", "hpc.rank"},
	{"process.program", "process.executable.name"},
	{"process.exe", "process.executable.path"},
	{"process.argv", "process.command_args"},
	{"process.command", "process.command_line"},
	{"process.cwd", "process.working_directory"},
	{"process.ppid", "process.parent_pid"},
	{"process.tid", "thread.id"},
	{"process.thread", "thread.name"},
	{"exit.code", "process.exit.code"},
	{"exception.type", "exception.type"},
	{"exception.message", "exception.message"},
	{"teller.pid", "vigil.reporter.pid"},
	{"teller.comm", "vigil.reporter.name"},
};

static void any_value(struct json_out *json, const char *key, const struct json *value);

static void number(struct json_out *json, const struct json *value)
{
	int64_t integer;
	double real = json_double(value);

	if (number_parse(value->string, &integer)) {
		json_begin(json, "intValue", '"');
		text_i64(json->text, integer);
		json_end(json, '"');
	} else if (__builtin_isfinite(real)) {
		json_float(json, "doubleValue", real);
	} else {
		json_string(json, "stringValue", value->string);
	}
}

static void elements(struct json_out *json, const struct json *array)
{
	const struct json *item;

	json_begin_object(json, "arrayValue");
	json_begin_array(json, "values");
	FOR_EACH_JSON (item, array)
		any_value(json, NULL, item);
	json_end_array(json);
	json_end_object(json);
}

static void members(struct json_out *json, const struct json *object)
{
	const struct json *item;

	json_begin_object(json, "kvlistValue");
	json_begin_array(json, "values");
	FOR_EACH_JSON (item, object) {
		json_begin_object(json, NULL);
		json_string(json, "key", item->key);
		any_value(json, "value", item);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

/* VALUE as an AnyValue. The nesting ends where json_parse() ends it. */
static void any_value(struct json_out *json, const char *key, const struct json *value)
{
	json_begin_object(json, key);
	switch (value->type) {
	case JSON_NULL: break;
	case JSON_FALSE:
	case JSON_TRUE: json_bool(json, "boolValue", value->type == JSON_TRUE); break;
	case JSON_NUMBER: number(json, value); break;
	case JSON_STRING: json_string(json, "stringValue", value->string); break;
	case JSON_ARRAY: elements(json, value); break;
	case JSON_OBJECT: members(json, value); break;
	}
	json_end_object(json);
}

static void attribute(struct json_out *json, const char *key, const struct json *value)
{
	json_begin_object(json, NULL);
	json_string(json, "key", key);
	any_value(json, "value", value);
	json_end_object(json);
}

void otlp_attribute(struct json_out *json, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		attribute(json, key, &(struct json){.type = JSON_STRING, .string = value});
}

static bool is_empty(const struct json *value)
{
	return value->type == JSON_NULL || (value->type == JSON_STRING && value->string[0] == '\0');
}

/* Write the member VALUE at PATH of EVENT by its name. */
static void named(
	struct json_out *json, const struct json *event, const char *path, const struct json *value)
{
	char own[PATH_SIZE + 8];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].path, path) == 0) {
			if (names[i].attribute != NULL)
				attribute(json, names[i].attribute, value);
			return;
		}
	if (strcmp(path, "error_trace") == 0 && decoded_member(event, "exception") != NULL) {
		attribute(json, "exception.stacktrace", value);
		return;
	}
	text_format(own, sizeof own, "vigil.%s", path);
	attribute(json, own, value);
}

/* The members of OBJECT, whose own path and a dot is PREFIX. */
static void flatten(struct json_out *json, const struct json *event, const struct json *object,
	const char *prefix)
{
	const struct json *item;
	char path[PATH_SIZE];

	FOR_EACH_JSON (item, object) {
		if (json_is(item, JSON_OBJECT)) {
			text_format(path, sizeof path, "%s%s.", prefix, item->key);
			flatten(json, event, item, path);
		} else if (!is_empty(item)) {
			text_format(path, sizeof path, "%s%s", prefix, item->key);
			named(json, event, path, item);
		}
	}
}

/* A SeverityNumber of opentelemetry/proto/logs/v1, and the level's name in Python's logging. */
struct severity {
	unsigned number;
	const char *text;
};

static struct severity severity(const struct json *event)
{
	/* by a tenth of the level of the event's record */
	static const struct severity severities[] = {{0, NULL}, {9, "INFO"}, {9, "INFO"},
		{13, "WARNING"}, {17, "ERROR"}, {21, "CRITICAL"}};
	struct event level = {.state = NODE_INIT, .identity = {.rank = RANK_UNKNOWN}};
	const char *state = decoded_string(event, "node_state");
	const char *cause = decoded_string(event, "cause");

	if (state != NULL)
		node_state_parse(state, &level.state);
	if (cause != NULL)
		event_cause_parse(cause, &level.cause);
	return severities[event_level(&level) / 10];
}

void otlp_record(const struct json *event, const char *uid, struct json_out *json)
{
	uint64_t ns = 1000 * decoded_uint64(event, "time_us", 0);
	const char *name = decoded_string(event, "name");
	struct severity level = severity(event);

	json_begin_object(json, NULL);
	json_begin(json, "timeUnixNano", '"');
	text_u64(json->text, ns);
	json_end(json, '"');
	json_begin(json, "observedTimeUnixNano", '"');
	text_u64(json->text, ns);
	json_end(json, '"');
	json_uint(json, "severityNumber", level.number);
	json_string(json, "severityText", level.text);
	if (name != NULL)
		json_string(json, "eventName", name);
	if (decoded_member(event, "message") != NULL)
		any_value(json, "body", decoded_member(event, "message"));
	json_begin_array(json, "attributes");
	otlp_attribute(json, "event.name", name);
	otlp_attribute(json, "log.record.uid", uid);
	flatten(json, event, event, "");
	json_end_array(json);
	json_end_object(json);
}
