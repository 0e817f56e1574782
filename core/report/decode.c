/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/decode.h"

#include "core/report/json_memory.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

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
	const char *copy = string == NULL ? NULL : intern_string(&decoder->kept, string);

	decoder->out_of_memory |= string != NULL && copy == NULL;
	return copy;
}

/* NULL becomes "". */
static const char *keep_some(struct decoder *decoder, const char *string)
{
	const char *copy = string == NULL ? NULL : keep(decoder, string);

	return copy == NULL ? "" : copy;
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
	struct frame_module module;
	const struct frame_module *kept;

	if (path == NULL)
		return NULL;
	memset(&module, 0, sizeof module);
	module.path = keep_some(decoder, path);
	decode_build_id(string_of(object, "build_id"), &module);
	kept = intern_bytes(&decoder->kept, &module, sizeof module);
	decoder->out_of_memory |= kept == NULL;
	return kept;
}

/* Frames that are kept, and where they were in memory. */
struct stack {
	const struct frame *frames;
	const uint64_t *pcs;
	size_t count;
};

/* x86 tells of a breakpoint when it is over; the kernel gives other traps codes of their own. */
static bool is_behind_breakpoint(const struct event_signal *signal)
{
	return signal->number == SIGTRAP && signal->has_code && signal->code == SI_KERNEL;
}

/*
 * Whether frame AT stood on the instruction that its address names: the innermost one where the
 * thread was interrupted, and what a signal handler interrupted. Of all others it is a return
 * address.
 */
static bool is_exact(const struct frame *frames, size_t at, bool interrupted)
{
	if (frames[at].kind == FRAME_FIXUP)
		return false;
	if (at == 0 || frames[at - 1].kind == FRAME_PYTHON)
		return interrupted;
	return frame_is_signal(&frames[at - 1]);
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

/* Room for the items of ARRAY, zeroed; NULL when there are none, or too many for any event. */
static void *allocate_items(struct decoder *decoder, const cJSON *array, size_t size)
{
	size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;

	return count == 0 || count > FRAMES_MOST ? NULL : allocate(decoder, count * size);
}

/* The same code has other addresses in every process. */
static const uint64_t *take_pcs(struct decoder *decoder, struct frame *frames, size_t count)
{
	uint64_t *pcs = allocate(decoder, count * sizeof *pcs);

	for (size_t i = 0; pcs != NULL && i < count; i++) {
		pcs[i] = frames[i].pc;
		if (frames[i].module != NULL)
			frames[i].pc = 0;
	}
	return pcs;
}

/* INTERRUPTED: the thread, by a signal. */
static struct stack decode_frames(struct decoder *decoder, const cJSON *array, bool interrupted)
{
	size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0, at = 0;
	struct stack stack = {.count = 0};
	struct frame *frames;
	const cJSON *item;

	if (count == 0 || count > FRAMES_MOST)
		return stack;
	frames = calloc(count, sizeof *frames);
	decoder->out_of_memory |= frames == NULL;
	if (frames == NULL)
		return stack;
	cJSON_ArrayForEach(item, array)
	{
		decode_frame(decoder, item, &frames[at]);
		frames[at].exact = is_exact(frames, at, interrupted);
		at++;
	}
	stack.pcs = take_pcs(decoder, frames, count);
	stack.frames = intern_bytes(&decoder->kept, frames, count * sizeof *frames);
	if (stack.pcs != NULL && stack.frames != NULL)
		stack.count = count;
	else
		decoder->out_of_memory = true;
	free(frames);
	return stack;
}

static void decode_thread(struct decoder *decoder, const cJSON *object, struct event_thread *thread,
	const uint64_t **ret_pcs)
{
	struct stack stack = decode_frames(decoder, member(object, "frames"), true);

	thread->tid = int_of(object, "tid", 0);
	thread->name = keep(decoder, string_of(object, "name"));
	thread->error = keep(decoder, string_of(object, "error"));
	thread->truncated = cJSON_IsTrue(member(object, "truncated"));
	thread->frames = stack.frames;
	thread->frame_count = stack.count;
	*ret_pcs = stack.pcs;
}

/* The last of COUNT threads says that it stands like one before it. */
static void decode_same(
	const cJSON *object, struct event_thread *threads, const uint64_t **pcs, size_t count)
{
	int64_t tid = number_of(object, "same_as", 0);
	struct event_thread *last = &threads[count - 1];

	for (size_t i = 0; tid != 0 && i < count - 1; i++)
		if (threads[i].tid == tid) {
			last->frames = threads[i].frames;
			last->frame_count = threads[i].frame_count;
			last->truncated = threads[i].truncated;
			pcs[count - 1] = pcs[i];
		}
}

static void decode_threads(struct decoder *decoder, const cJSON *object, struct told_end *end)
{
	const cJSON *array = member(object, "threads"), *item;
	struct event *event = &end->event;
	struct event_thread *threads = allocate_items(decoder, array, sizeof *threads);
	const uint64_t **pcs = allocate_items(decoder, array, sizeof *pcs);

	event->threads = threads;
	end->thread_pcs = pcs;
	event->threads_left_out = count_of(object, "threads_left_out");
	event->threads_error = keep(decoder, string_of(object, "threads_error"));
	if (threads == NULL || pcs == NULL)
		return;
	cJSON_ArrayForEach(item, array)
	{
		decode_thread(decoder, item, &threads[event->thread_count],
			&pcs[event->thread_count]);
		event->thread_count++;
		decode_same(item, threads, pcs, event->thread_count);
	}
}

static void decode_registers(struct decoder *decoder, const cJSON *object, struct event *event)
{
	size_t count = cJSON_IsObject(object) ? (size_t)cJSON_GetArraySize(object) : 0;
	struct frame_register *registers;
	const cJSON *item;

	if (count == 0 || count > FRAMES_MOST)
		return;
	registers = allocate(decoder, count * sizeof *registers);
	event->registers = registers;
	if (registers == NULL)
		return;
	cJSON_ArrayForEach(item, object) registers[event->register_count++] =
		(struct frame_register){ keep(decoder, item->string),
			address_of(object, item->string) };
}

static void decode_trace(struct decoder *decoder, const cJSON *object, struct event *event)
{
	event->truncated = cJSON_IsTrue(member(object, "truncated"));
	event->stop = keep(decoder, string_of(object, "stop"));
}

/* Line by line: most lines of a stack stand in those of the other ranks, too. */
static void decode_text(struct decoder *decoder, const char *string, struct told_text *text)
{
	size_t count = 0, length;
	const char **lines;

	if (string == NULL || string[0] == '\0')
		return;
	for (const char *at = string; (at = strchr(at, '\n')) != NULL; at++)
		count++;
	lines = allocate(decoder, (count + 1) * sizeof *lines);
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
	struct stack stack;
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
	stack = decode_frames(decoder, member(object, "frames"),
		told->what != NULL && strcmp(told->what, "signal") == 0 &&
			!is_behind_breakpoint(&end->event.signal));
	end->event.frames = stack.frames;
	end->event.frame_count = stack.count;
	end->pcs = stack.pcs;
	decode_registers(decoder, member(object, "registers"), &end->event);
	decode_threads(decoder, object, end);
	decode_trace(decoder, member(object, "trace"), &end->event);
	decode_text(decoder, string_of(object, "error_trace"), &end->error_trace);
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
