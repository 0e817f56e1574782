/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a record in torchelastic's forms. The members of an event are attributes of its record,
 * under the names that core/events/event_log.c gives them; so a program's own `extra` with these
 * names counts, too.
 */
#include "core/logging/format/torch_event.h"

#include "core/base/names.h"
#include "core/base/number.h"
#include "core/base/path.h"
#include "core/base/sys.h"
#include "core/base/utf8.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#define VALUE_SIZE 512

/* Strings are not cut below this many bytes; an object that is still too long is not written. */
#define STRING_LEAST 8

static void write_string(struct json_out *json, const char *key, const char *string)
{
	json_string(json, key, string == NULL ? "" : string);
}

static void write_number(struct json_out *json, const char *key, int64_t number)
{
	if (number == TORCH_NONE)
		json_null(json, key);
	else
		json_int(json, key, number);
}

void torch_rdzv_event_write(struct json_out *json, const struct torch_rdzv_event *event)
{
	json->spaced = true;
	json_begin_object(json, NULL);
	write_string(json, "name", event->name);
	write_string(json, "run_id", event->run_id);
	write_string(json, "message", event->message);
	write_string(json, "hostname", event->hostname);
	json_int(json, "pid", event->pid);
	json_string(json, "node_state", event->node_state);
	write_string(json, "master_endpoint", event->master_endpoint);
	write_number(json, "rank", event->rank);
	write_number(json, "local_id", event->local_id);
	write_string(json, "error_trace", event->error_trace);
	json_end_object(json);
}

void torch_event_begin(
	struct json_out *json, const char *name, const char *source, int64_t timestamp)
{
	json->spaced = true;
	json_begin_object(json, NULL);
	write_string(json, "name", name);
	json_string(json, "source", source);
	json_int(json, "timestamp", timestamp);
	json_begin_object(json, "metadata");
}

void torch_event_end(struct json_out *json)
{
	json_end_object(json);
	json_end_object(json);
}

/* Reads attribute NAME to BUFFER; NULL when the record has none, or None. */
static const char *attribute(
	const struct log_record *record, const char *name, char buffer[VALUE_SIZE])
{
	struct text text;

	text_init(&text, buffer, VALUE_SIZE);
	if (!record_attribute(record, name, &text) || strcmp(buffer, "None") == 0)
		return NULL;
	if (text.truncated)
		text_reset(&text, utf8_cut(buffer, text.length, text.length - 3));
	return buffer;
}

static int64_t number_attribute(const struct log_record *record, const char *name)
{
	char buffer[VALUE_SIZE];
	const char *value = attribute(record, name, buffer);
	int64_t number;

	return value != NULL && number_parse(value, &number) ? number : TORCH_NONE;
}

static bool is_event(const struct log_record *record)
{
	char buffer[VALUE_SIZE];

	return attribute(record, "node_state", buffer) != NULL;
}

/* The one of NAMES that equals attribute NAME; the first of NAMES if none does, as torchelastic
 * knows no other values. */
static const char *one_of(const struct log_record *record, const char *name, const char *names,
	size_t size, size_t count)
{
	char buffer[VALUE_SIZE];
	int index = names_find(names, size, count, attribute(record, name, buffer));

	return names + (index < 0 ? 0 : (size_t)index) * size;
}

static const char *node_state_of(const struct log_record *record)
{
	static const char names[][10] = {"RUNNING", "INIT", "SUCCEEDED", "FAILED"};

	return one_of(record, "node_state", NAMES(names));
}

static const char *source_of(const struct log_record *record)
{
	static const char names[][7] = {"WORKER", "AGENT"};

	return one_of(record, "source", NAMES(names));
}

/* Appends "<program>:<what>" of an event, "<file>:<function>" of another record. */
static void add_name(const struct log_record *record, struct text *text)
{
	const char *file = record->pathname == NULL ? "no_file" : record->pathname;
	char program[VALUE_SIZE], what[VALUE_SIZE];
	bool event = is_event(record) && attribute(record, "program", program) != NULL &&
		     attribute(record, "what", what) != NULL;

	if (event)
		text_printf(text, "%s:%s", program, what);
	else
		text_printf(text, "%s:%s", path_base(file),
			record->func_name == NULL ? "" : record->func_name);
}

static const char *hostname_of(
	const struct log_record *record, char buffer[VALUE_SIZE], struct utsname *system)
{
	const char *hostname = attribute(record, "hostname", buffer);

	if (hostname != NULL)
		return hostname;
	return sys_try(SYS_uname, (long)system, 0, 0, 0, 0, 0) < 0 ? NULL : system->nodename;
}

static void write_rdzv_event(struct json_out *json, const struct log_record *record)
{
	char name[VALUE_SIZE], run_id[VALUE_SIZE], hostname[VALUE_SIZE], endpoint[VALUE_SIZE];
	struct utsname system;
	struct text text;
	struct torch_rdzv_event event = {
		.name = name,
		.run_id = attribute(record, "run_id", run_id),
		.message = record->message,
		.hostname = hostname_of(record, hostname, &system),
		.pid = record->process,
		.node_state = node_state_of(record),
		.master_endpoint = attribute(record, "master_endpoint", endpoint),
		.rank = number_attribute(record, "rank"),
		.local_id = number_attribute(record, "local_id"),
		.error_trace = record->exc_text,
	};

	text_init(&text, name, sizeof name);
	add_name(record, &text);
	torch_rdzv_event_write(json, &event);
}

/* The metadata of an event, besides message and error_trace: the attribute's name and its type. */
static const struct {
	char name[16]; /* in place: nothing for the loader to relocate */
	enum { STRING, NUMBER, TRUTH } type;
	bool always; /* written as null if unknown */
} members[] = {
	{"node_state", STRING, false},
	{"run_id", STRING, false},
	{"hostname", STRING, false},
	{"pid", NUMBER, false},
	{"rank", NUMBER, true},
	{"local_id", NUMBER, true},
	{"world_size", NUMBER, false},
	{"group_rank", NUMBER, false},
	{"attempt", NUMBER, false},
	{"leader", TRUTH, false},
	{"master_endpoint", STRING, false},
	{"launcher", STRING, false},
	{"program", STRING, false},
	{"ppid", NUMBER, false},
	{"cause", STRING, false},
	{"how", STRING, false},
	{"exit_code", NUMBER, false},
	{"signal", STRING, false},
	{"reason", STRING, false},
	{"abort_message", STRING, false},
	{"time_us", NUMBER, false},
	{"mono_us", NUMBER, false},
	{"seq", NUMBER, false},
};

static void write_member(struct json_out *json, const struct log_record *record, size_t index)
{
	const char *name = members[index].name;
	char buffer[VALUE_SIZE];
	const char *value = attribute(record, name, buffer);
	int64_t number;
	bool known = value != NULL && value[0] != '\0';

	if (known && members[index].type == STRING)
		json_string(json, name, value);
	else if (known && members[index].type == TRUTH)
		json_bool(json, name, strcmp(value, "True") == 0);
	else if (known && members[index].type == NUMBER && number_parse(value, &number))
		json_int(json, name, number);
	else if (members[index].always)
		json_null(json, name);
}

static void write_record_members(struct json_out *json, const struct log_record *record)
{
	json_string(json, "logger", record->name);
	json_int(json, "levelno", record->levelno);
	json_int(json, "pid", record->process);
	if (record->pathname != NULL)
		json_string(json, "pathname", record->pathname);
	if (record->pathname != NULL)
		json_int(json, "lineno", record->lineno);
}

static void write_event(struct json_out *json, const struct log_record *record)
{
	char buffer[VALUE_SIZE];
	const char *name = record->name;
	bool event = is_event(record);
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	add_name(record, &text);
	if (event)
		name = buffer;
	torch_event_begin(json, name, source_of(record), record->created.real_us / 1000);
	for (size_t i = 0; event && i < sizeof members / sizeof *members; i++)
		write_member(json, record, i);
	if (!event)
		write_record_members(json, record);
	json_string(json, "message", record->message == NULL ? "" : record->message);
	if (record->exc_text != NULL && record->exc_text[0] != '\0')
		json_string(json, "error_trace", record->exc_text);
	torch_event_end(json);
}

/* Writes the object, cutting its longest strings until it fits and leaves a byte for the newline.
 */
static int write_to_fit(const struct log_record *record, struct text *text,
	void (*write)(struct json_out *json, const struct log_record *record))
{
	size_t start = text->length, most = text->size;

	if (most - start < 2)
		return -ENOBUFS;
	text->size--;
	do {
		struct json_out json = {.text = text, .string_max = most};

		text_reset(text, start);
		write(&json, record);
		most /= 2;
	} while (text->truncated && most >= STRING_LEAST);
	text->size++;
	if (!text->truncated)
		return 0;
	text_reset(text, start);
	return -ENOBUFS;
}

static int format_rdzv_event(
	const struct formatter *formatter, const struct log_record *record, struct text *text)
{
	(void)formatter;
	return write_to_fit(record, text, write_rdzv_event);
}

static int format_event(
	const struct formatter *formatter, const struct log_record *record, struct text *text)
{
	(void)formatter;
	return write_to_fit(record, text, write_event);
}

const struct formatter formatter_rdzv_event = {
	.format = format_rdzv_event, .class_name = "vigil.RdzvEventFormatter"};
const struct formatter formatter_event = {
	.format = format_event, .class_name = "vigil.EventFormatter"};
