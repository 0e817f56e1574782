/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_json.h"

#include "core/base/grow.h"
#include "core/base/json.h"
#include "core/base/json_out.h"
#include "core/eventfile/decode.h"
#include "core/eventfile/decode_calls.h"
#include "core/eventfile/decode_stack.h"
#include "core/events/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "vigil.stacks/1"
#define SIZE_AT_FIRST ((size_t)4 * 1024 * 1024)

static void write_frame(
	struct json_out *json, const struct frame *frame, const struct frame_note *note)
{
	json_begin_object(json, NULL);
	event_frame_members(frame, json);
	if (note->symbol != NULL)
		json_string(json, "symbol", note->symbol);
	if (note->inlined_count > 0)
		json_strings(json, "inlined", note->inlined, note->inlined_count);
	json_end_object(json);
}

static void write_thread(
	struct json_out *json, const struct stacks_set *set, const struct stacks_thread *thread)
{
	const struct lines_stack *stack = &thread->stack;
	static const struct frame_note none = {.symbol = NULL};

	json_begin_object(json, NULL);
	json_int(json, "tid", thread->tid);
	json_string(json, "name", thread->name);
	json_string(json, "state", live_state_name(thread->state));
	if (set->samples > 1) {
		json_uint(json, "samples", thread->samples);
		json_bool(json, "moved", thread->moved);
	}
	json_begin_array(json, "frames");
	for (size_t i = 0; i < stack->count; i++)
		write_frame(
			json, &stack->frames[i], stack->notes == NULL ? &none : &stack->notes[i]);
	json_end_array(json);
	if (thread->truncated)
		json_bool(json, "truncated", true);
	if (thread->stop != NULL && thread->error == NULL)
		json_string(json, "stop", thread->stop);
	if (thread->error != NULL)
		json_string(json, "error", thread->error);
	json_end_object(json);
}

static void write_process(
	struct json_out *json, const struct stacks_set *set, const struct stacks_process *process)
{
	json_begin_object(json, NULL);
	json_int(json, "pid", process->pid);
	json_string(json, "name", process->name[0] == '\0' ? NULL : process->name);
	if (process->host != NULL)
		json_string(json, "hostname", process->host);
	if (process->rank != RANK_UNKNOWN)
		json_int(json, "rank", process->rank);
	if (process->refusal[0] != '\0')
		json_string(json, "error", process->refusal);
	json_begin_array(json, "threads");
	for (size_t i = 0; i < process->count; i++)
		write_thread(json, set, &process->threads[i]);
	json_end_array(json);
	if (process->left_out > 0)
		json_uint(json, "threads_left_out", process->left_out);
	call_counts_json(json, &process->calls);
	json_end_object(json);
}

static void write_set(struct json_out *json, const struct stacks_set *set)
{
	json_begin_object(json, NULL);
	json_string(json, "schema", SCHEMA);
	if (set->samples > 1)
		json_uint(json, "samples", set->samples);
	json_begin_array(json, "processes");
	for (size_t i = 0; i < set->count; i++)
		write_process(json, set, &set->list[i]);
	json_end_array(json);
	json_end_object(json);
}

int stacks_json_print(FILE *to, const struct stacks_set *set)
{
	for (size_t size = SIZE_AT_FIRST;; size *= 2) {
		char *buffer = malloc(size);
		struct text text;
		struct json_out json = {.text = &text};

		if (buffer == NULL)
			return -ENOMEM;
		text_init(&text, buffer, size);
		write_set(&json, set);
		text_char(&text, '\n');
		if (!text.truncated)
			fwrite(text.data, 1, text.length, to);
		free(buffer);
		if (!text.truncated)
			return 0;
	}
}

/* The notes of the COUNT frames of ARRAY: NULL where there is no memory. */
static const struct frame_note *read_notes(
	struct decoder *decoder, const struct json *array, size_t count)
{
	struct frame_note *notes = decoded_allocate(decoder, (count + 1) * sizeof *notes), *note;
	const struct json *frame;

	if (notes == NULL || !json_is(array, JSON_ARRAY) || array->count != count)
		return notes;
	note = notes;
	FOR_EACH_JSON (frame, array) {
		const struct json *inlined = decoded_member(frame, "inlined"), *name;
		const char **names = NULL;

		note->symbol = decoded_keep(decoder, frame, "symbol", NULL);
		if (json_is(inlined, JSON_ARRAY))
			names = decoded_items(decoder, inlined, sizeof *names);
		note->inlined = names;
		if (names != NULL)
			FOR_EACH_JSON (name, inlined)
				if (json_is(name, JSON_STRING))
					names[note->inlined_count++] =
						arena_strdup(decoder->arena, name->string);
		note++;
	}
	return notes;
}

static enum live_state read_state(const struct json *object)
{
	const char *name = decoded_string(object, "state");

	for (unsigned i = 0; name != NULL && i < LIVE_STATE_COUNT_; i++)
		if (strcmp(name, live_state_name((enum live_state)i)) == 0)
			return (enum live_state)i;
	return LIVE_ENDED;
}

/* The frames of KNOWN, each with its pc again. */
static const struct frame *with_pcs(
	struct decoder *decoder, const struct event_thread *known, const uint64_t *pcs)
{
	struct frame *frames = decoded_allocate(decoder, (known->frame_count + 1) * sizeof *frames);

	for (size_t i = 0; frames != NULL && i < known->frame_count; i++) {
		frames[i] = known->frames[i];
		frames[i].pc = pcs[i];
	}
	return frames;
}

/* Reads OBJECT, of which KNOWN and PCS were read already. */
static bool read_thread(struct decoder *decoder, const struct json *object,
	const struct event_thread *known, const uint64_t *pcs, struct stacks_process *process)
{
	const struct frame *frames = with_pcs(decoder, known, pcs);
	struct stacks_thread *thread;

	if (frames == NULL ||
		!grow(&process->threads, &process->room, process->count, sizeof *process->threads))
		return false;
	thread = &process->threads[process->count++];
	*thread = (struct stacks_thread){
		.tid = known->tid,
		.name = known->name == NULL ? "" : known->name,
		.state = read_state(object),
		.stack = {frames, known->frame_count,
			read_notes(decoder, decoded_member(object, "frames"), known->frame_count)},
		.truncated = known->truncated,
		.stop = decoded_keep(decoder, object, "stop", NULL),
		.error = known->error,
		.samples = decoded_uint32(object, "samples", 1),
		.moved = decoded_bool(object, "moved", false),
	};
	return true;
}

/* Returns false where there is no memory. */
static bool read_process(struct decoder *decoder, const struct json *object, const char *host,
	struct stacks_process *process)
{
	struct termination *end = decoded_allocate(decoder, sizeof *end);
	const struct json *threads = decoded_member(object, "threads"), *thread;
	size_t at = 0;

	if (end == NULL)
		return false;
	decode_stacks(decoder, object, true, end);
	*process = (struct stacks_process){
		.host = host,
		.pid = decoded_int(object, "pid", 0),
		.rank = decoded_int64(object, "rank", RANK_UNKNOWN),
		.name = decoded_keep(decoder, object, "name", ""),
		.refusal = decoded_keep(decoder, object, "error", ""),
		.left_out = decoded_uint32(object, "threads_left_out", 0),
	};
	decode_calls(decoder, decoded_member(object, "calls"), &process->calls);
	for (thread = json_is(threads, JSON_ARRAY) ? threads->child : NULL;
		thread != NULL && at < end->event.thread_count; thread = thread->next, at++)
		if (!read_thread(
			    decoder, thread, &end->event.threads[at], end->thread_pcs[at], process))
			return false;
	return !decoder->out_of_memory;
}

static int read_processes(
	struct stacks_set *set, struct decoder *decoder, const struct json *array, const char *host)
{
	const struct json *object;

	FOR_EACH_JSON (object, array) {
		if (!grow(&set->list, &set->room, set->count, sizeof *set->list))
			return -ENOMEM;
		if (!read_process(decoder, object, host, &set->list[set->count++]))
			return -ENOMEM;
	}
	return 0;
}

int stacks_json_read(struct stacks_set *set, const char *text, size_t count, const char *host)
{
	void *memory = malloc(json_size(text, count));
	const struct json *json = memory == NULL ? NULL : json_parse(text, count, memory);
	const char *schema = decoded_string(json, "schema"),
		   *name = arena_strdup(&set->reading.arena, host);
	struct decoder decoder;
	int error = memory == NULL || name == NULL ? -ENOMEM : -EBADMSG;

	if (error == -EBADMSG && schema != NULL && strcmp(schema, SCHEMA) == 0) {
		decoder_begin(&decoder, &set->reading.arena);
		error = read_processes(set, &decoder, decoded_member(json, "processes"), name);
		decoder_end(&decoder);
	}
	free(memory);
	return error;
}
