/* SPDX-License-Identifier: Apache-2.0 */
/* An event as JSON: its scalars by the table event_fields.def, the rest by functions of its own. */
#include "core/events/event.h"

#include "core/base/error_text.h"
#include "core/base/json_out.h"
#include "core/base/names.h"
#include "core/base/number.h"
#include "core/base/order.h"
#include "core/base/secret.h"
#include "core/base/signal_table.h"
#include "core/base/utf8.h"
#include "core/events/event_threads.h"

#include <string.h>

#define NAME_SIZE 320 /* the longest name of a program, and `what` */
#define MESSAGE_MAX 1000
#define CHARACTER_MAX 4 /* bytes of UTF-8 */
#define STRING_MAX 8192
#define STRING_LEAST 16

/* The line that is being written, and the limits of the parts that may be cut: first other threads,
 * then frames, then error_trace, then argv, then calls. Strings always have a limit, which is
 * lowered last: only an event full of bytes that JSON escapes to six each needs that. */
struct line {
	const struct event *event;
	struct json_out json;
	struct thread_limits threads;
	size_t frames, trace, argv, calls, string;
	bool cut;
};

enum presence { NEVER, KNOWN, ALWAYS };
#define IF(condition) ((condition) ? ALWAYS : NEVER)

/* Begins a member whose KEY is a literal: it needs no escapes. */
static struct json_out *field(struct line *line, const char *key)
{
	json_literal_key(&line->json, key, strlen(key));
	return &line->json;
}

static void write_STRING(
	struct line *line, const char *key, const char *value, enum presence presence)
{
	if (presence == ALWAYS || (presence == KNOWN && value != NULL && value[0] != '\0'))
		json_string_value(field(line, key), value == NULL ? "" : value);
}

static void write_NUMBER(struct line *line, const char *key, int64_t value, enum presence presence)
{
	if (presence == ALWAYS || (presence == KNOWN && value > 0))
		json_int_value(field(line, key), value);
}

static void write_RANK(struct line *line, const char *key, int64_t value, enum presence presence)
{
	if (value != RANK_UNKNOWN)
		json_int_value(field(line, key), value);
	else if (presence == ALWAYS)
		json_null_value(field(line, key));
}

static void write_ADDRESS(
	struct line *line, const char *key, uint64_t value, enum presence presence)
{
	if (presence == ALWAYS || (presence == KNOWN && value != 0))
		json_address_value(field(line, key), value);
}

static void write_BOOL(struct line *line, const char *key, bool value, enum presence presence)
{
	if (presence == ALWAYS || (presence == KNOWN && value))
		json_bool_value(field(line, key), value);
}

#define write_FLAG write_BOOL

static void write_name(struct line *line)
{
	const char *program = line->event->process.program;
	char name[NAME_SIZE];
	struct text text;

	text_init(&text, name, sizeof name);
	text_add(&text, program == NULL ? "(null)" : program);
	text_char(&text, ':');
	text_add(&text, line->event->what);
	json_string_n(&line->json, "name", name, text.length);
}

/* Writes MADE, cut to MOST bytes. KEY is a literal, which needs no escapes. */
static void write_cut(struct json_out *json, const char *key, const struct text *made, size_t most)
{
	size_t string_max = json->string_max;

	json->cut |= made->length > most;
	json->string_max = 0;
	json_literal_key(json, key, strlen(key));
	json_string_n_value(json, made->data, utf8_cut(made->data, made->length, most));
	json->string_max = string_max;
}

typedef void make_fn(struct line *line, struct text *text);

/* Bytes of the stack, of which a start takes one page. */
#define SHORT_SIZE 504

/* Makes the text on the stack, which is mapped already: nearly every message and command has room
 * there. False, and nothing is written, when it has not. */
static __attribute__((noinline)) bool write_short(
	struct line *line, const char *key, size_t most, make_fn *make)
{
	char bytes[SHORT_SIZE];
	struct text made;

	text_init(&made, bytes, sizeof bytes);
	make(line, &made);
	if (made.truncated && made.length < most + CHARACTER_MAX)
		return false;
	write_cut(&line->json, key, &made, most);
	return true;
}

/* Write the text that MAKE appends, cut to MOST bytes. MAKE writes to the far half of the rest of
 * the buffer; the escaped text goes to the near half, and cannot overrun the far one. */
static void write_made(
	struct line *line, const char *key, enum presence presence, size_t most, make_fn *make)
{
	struct json_out *json = &line->json;
	struct text *text = json->text;
	size_t size = text->size, half = text->length + (size - text->length) / 2;
	struct text made;

	if (presence != ALWAYS || write_short(line, key, most, make))
		return;
	if (half == text->length) { /* full: there are no halves */
		text->truncated = true;
		return;
	}
	text_init(&made, text->data + half, size - half);
	make(line, &made);
	text->truncated |= made.truncated && made.length < most;
	text->size = half;
	write_cut(json, key, &made, most);
	text->size = size;
}

static void make_message(struct line *line, struct text *text)
{
	event_message(line->event, text);
}

static void make_trace(struct line *line, struct text *text)
{
	event_error_trace(line->event, text);
	if (line->event->state == NODE_FAILED)
		event_threads_text(line->event, &line->threads, text);
}

static void write_frame_module(struct json_out *json, const struct frame *frame)
{
	const struct frame_module *module = frame->module;

	if (module == NULL)
		return;
	json_string(json, "module", module->path);
	if (module->build_id_size > 0)
		json_hex(json, "build_id", module->build_id, module->build_id_size);
	json_address(json, "offset", frame->offset);
}

void event_frame_members(const struct frame *frame, struct json_out *json)
{
	if (frame->left_out > 0)
		json_uint(json, "left_out", frame->left_out);
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

static void write_frames(struct line *line)
{
	const struct event *event = line->event;

	if (event->frame_count == 0)
		return;
	json_begin_array(&line->json, "frames");
	for (size_t i = 0;
		i < event->frame_count && i < line->frames && !line->json.text->truncated; i++)
		event_frame_json(&event->frames[i], &line->json);
	json_end_array(&line->json);
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

static void write_registers(struct line *line)
{
	event_registers_json(line->event, &line->json);
}

static void write_threads(struct line *line)
{
	event_threads_json(line->event, &line->threads, &line->json);
}

static void write_threads_left_out(struct line *line)
{
	write_NUMBER(line, "threads_left_out",
		(int64_t)event_threads_left_out(line->event, &line->threads), KNOWN);
}

/* The functions that were called last come first, so others are cut. */
static void write_calls(struct line *line)
{
	const struct call_counts *all = &line->event->calls;
	struct call_counts shown = {all->list, least(all->count, line->calls)};

	call_counts_json(&line->json, &shown);
}

/* Which method found the native frames; left out where there are none. */
static void write_unwinder(struct line *line)
{
	const struct event *event = line->event;
	bool cfi = false, other = false;

	for (size_t i = 0; i < event->frame_count; i++) {
		cfi |= event->frames[i].kind == FRAME_CFI;
		other |= event->frames[i].kind == FRAME_FP || event->frames[i].kind == FRAME_FIXUP;
	}
	if (cfi || other)
		json_string(&line->json, "unwinder", !other ? "cfi" : cfi ? "mixed" : "fp");
}

/* Write ARGUMENT, the next one of SCAN, with its secrets masked. */
static void write_masked(struct json_out *json, struct secret_scan *scan, const char *argument)
{
	size_t length = strlen(argument), done = 0, start, end;

	if (json->string_max > 0 && length > json->string_max) {
		length = utf8_cut(argument, length, json->string_max);
		json->cut = true;
	}
	secret_scan_next(scan, argument);
	json_begin(json, NULL, '"');
	while (secret_find(scan, &start, &end)) {
		if (start >= length)
			continue; /* the end of an option says what the next argument is */
		json_escape(json->text, argument + done, start - done);
		json_escape(json->text, SECRET_MASK, sizeof SECRET_MASK - 1);
		done = end < length ? end : length;
	}
	json_escape(json->text, argument + done, length - done);
	json_end(json, '"');
}

static bool has_argv(const struct event *event)
{
	return event->process_in_full && event->process.argc > 0 &&
	       event->process.argv_form != ARGV_NONE;
}

static void write_argv(struct line *line)
{
	const struct event_process *process = &line->event->process;
	struct json_out *json = &line->json;
	struct secret_scan scan = {0};

	if (!has_argv(line->event))
		return;
	json_begin_array(json, "argv");
	for (size_t i = 0; i < process->argc && i < line->argv && !json->text->truncated; i++)
		if (process->argv_form == ARGV_MASKED)
			write_masked(json, &scan, process->argv[i]);
		else
			json_string(json, NULL, process->argv[i]);
	json_end_array(json);
}

/* A shell would take these for syntax where they stand first, bash's `time` among them. */
static const char reserved[][9] = {"case", "coproc", "do", "done", "elif", "else", "esac", "fi",
	"for", "function", "if", "in", "select", "then", "time", "until", "while"};

static bool is_safe(char c)
{
	return is_alpha(c) || is_digit(c) || (c != '\0' && strchr("_@%+=:,./-", c) != NULL);
}

/* Whether a shell takes ARGUMENT as it stands: no expansion, no field of its own to be split. */
static bool is_shell_word(const char *argument, bool is_first)
{
	const char *at = argument;

	if (is_first && (strchr(argument, '=') != NULL || /* a shell takes it for an assignment */
				names_find(NAMES(reserved), argument) >= 0))
		return false;
	while (is_safe(*at))
		at++;
	return at > argument && *at == '\0';
}

/* Within single quotes, only a single quote cannot stand for itself. */
static void add_quoted(const char *bytes, size_t count, struct text *text)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] == '\'')
			text_add(text, "'\\''");
		else
			text_char(text, bytes[i]);
}

/* SCAN is NULL where secrets are not masked. */
static void add_argument(
	const char *argument, bool is_first, struct secret_scan *scan, struct text *text)
{
	bool plain = is_shell_word(argument, is_first);
	size_t done = 0, start, end;

	if (scan != NULL)
		secret_scan_next(scan, argument);
	text_add(text, plain ? "" : "'");
	while (scan != NULL && secret_find(scan, &start, &end)) {
		add_quoted(argument + done, start - done, text);
		text_add(text, plain ? "'" SECRET_MASK "'" : SECRET_MASK);
		done = end;
	}
	add_quoted(argument + done, strlen(argument + done), text);
	text_add(text, plain ? "" : "'");
}

size_t event_command(
	const struct event_process *process, size_t count, size_t most, struct text *text)
{
	struct secret_scan scan = {0};

	for (size_t i = 0; i < count; i++) {
		size_t before = text->length;

		text_add(text, i == 0 ? "" : " ");
		add_argument(process->argv[i], i == 0,
			process->argv_form == ARGV_MASKED ? &scan : NULL, text);
		if (text->truncated || text->length > most) {
			bool truncated = text->truncated;

			text_reset(text, before);
			text->truncated = truncated;
			return i;
		}
	}
	return count;
}

static void make_command(struct line *line, struct text *text)
{
	const struct event_process *process = &line->event->process;

	event_command(process, least(process->argc, line->argv), line->string, text);
}

static void write_ancestors(struct line *line)
{
	const struct event_process *process = &line->event->process;
	struct json_out *json = &line->json;

	if (!line->event->process_in_full || process->ancestor_count == 0)
		return;
	json_begin_array(json, "ancestors");
	for (size_t i = 0; i < process->ancestor_count; i++) {
		json_begin_object(json, NULL);
		json_int(json, "pid", process->ancestors[i].pid);
		json_string(json, "comm", process->ancestors[i].comm);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_truncated(struct line *line)
{
	write_FLAG(line, "truncated", line->cut || line->json.cut, KNOWN);
}

static void write_fields(struct line *line)
{
	const struct event *event = line->event;

#define VALUE(type, key, expression, present, attribute) \
	write_##type(line, #key, expression, present);
#define MADE(key, present, most, maker, reader) write_made(line, #key, present, most, maker);
#define PART(type, key, present, writer) writer(line);
#define OBJECT(key, condition) \
	if (condition) {       \
		json_begin_object(&line->json, #key);
#define OBJECT_END                    \
	json_end_object(&line->json); \
	}
#include "core/events/event_fields.def"
}

/* Make the next cut: halve the limit of the first part that has something left. Returns false when
 * no part has. */
static bool cut_more(struct line *line)
{
	const struct event *event = line->event;
	size_t *part = NULL;

	line->cut = true;
	if (event_threads_cut(event, &line->threads))
		return true;
	line->frames = least(line->frames, event->frame_count);
	line->argv = least(line->argv, event->process.argc);
	line->calls = least(line->calls, event->calls.count);
	if (line->frames > 0)
		part = &line->frames;
	else if (line->trace > 0)
		part = &line->trace;
	else if (line->argv > 0)
		part = &line->argv;
	else if (line->calls > 0)
		part = &line->calls;
	else if (line->string > STRING_LEAST)
		part = &line->string;
	if (part != NULL)
		*part /= 2;
	return part != NULL;
}

void event_json(const struct event *event, struct text *text)
{
	struct line line = {
		.event = event,
		.threads = THREAD_LIMITS_NONE,
		.frames = SIZE_MAX,
		.trace = EVENT_LINE_MAX,
		.argv = SIZE_MAX,
		.calls = SIZE_MAX,
		.string = STRING_MAX,
	};
	size_t size = text->size;

	if (text->size > EVENT_LINE_MAX)
		text->size = EVENT_LINE_MAX;
	do {
		text_reset(text, 0);
		line.json = (struct json_out){.text = text, .string_max = line.string};
		json_begin_object(&line.json, NULL);
		write_fields(&line);
		json_end_object(&line.json);
	} while (text->truncated && cut_more(&line));
	text->size = size;
}
