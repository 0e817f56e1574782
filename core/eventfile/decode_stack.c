/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/decode_stack.h"

#include "core/base/number.h"

#include <stdlib.h>
#include <string.h>

/* Interned frames, and the addresses that they had in the memory of their process. */
struct stack {
	const struct frame *frames;
	const uint64_t *pcs;
	size_t count;
};

static void decode_build_id(const char *string, struct frame_module *module)
{
	size_t count = 0;

	if (string == NULL)
		return;
	for (; count < BUILD_ID_MAX && digit_value(string[0]) < 16 && digit_value(string[1]) < 16;
		string += 2)
		module->build_id[count++] =
			(uint8_t)(digit_value(string[0]) << 4 | digit_value(string[1]));
	module->build_id_size = count;
}

static const struct frame_module *decode_module(struct decoder *decoder, const struct json *object)
{
	struct frame_module module;
	const struct frame_module *kept;

	memset(&module, 0, sizeof module); /* the padding, too: its bytes are compared */
	module.path = decoded_keep(decoder, object, "module", NULL);
	if (module.path == NULL)
		return NULL;
	decode_build_id(decoded_string(object, "build_id"), &module);
	kept = intern_bytes(&decoder->kept, &module, sizeof module);
	decoder->out_of_memory |= kept == NULL;
	return kept;
}

/* Whether the pc of frame AT is the instruction that was executed: in the innermost frame of a
 * thread that was INTERRUPTED, and in the one that a signal handler interrupted. The pc of all
 * others is a return address. */
static bool is_exact(const struct frame *frames, size_t at, bool interrupted)
{
	if (frames[at].kind == FRAME_FIXUP)
		return false;
	if (at == 0 || frames[at - 1].kind == FRAME_PYTHON)
		return interrupted;
	return frame_is_signal(&frames[at - 1]);
}

static void decode_frame(struct decoder *decoder, const struct json *object, struct frame *frame)
{
	const char *kind = decoded_string(object, "kind");

	if (kind != NULL)
		event_frame_kind_parse(kind, &frame->kind);
	frame->pc = decoded_address(object, "pc", 0);
	frame->module = decode_module(decoder, object);
	frame->offset = decoded_address(object, "offset", 0);
	frame->function = decoded_keep(decoder, object, "function", NULL);
	frame->function_offset = decoded_uint64(object, "function_offset", 0);
	frame->file = decoded_keep(decoder, object, "file", NULL);
	frame->line = decoded_int(object, "line", 0);
	frame->left_out = (unsigned)decoded_uint64(object, "left_out", 0);
}

/* Move the pcs out of FRAMES, so that processes with the same code at other addresses can share the
 * frames. */
static const uint64_t *take_pcs(struct decoder *decoder, struct frame *frames, size_t count)
{
	uint64_t *pcs = decoded_allocate(decoder, count * sizeof *pcs);

	for (size_t i = 0; pcs != NULL && i < count; i++) {
		pcs[i] = frames[i].pc;
		if (frames[i].module != NULL)
			frames[i].pc = 0;
	}
	return pcs;
}

static struct stack decode_frames(
	struct decoder *decoder, const struct json *array, bool interrupted)
{
	size_t count = json_is(array, JSON_ARRAY) ? array->count : 0, at = 0;
	struct stack stack = {.count = 0};
	struct frame *frames;
	const struct json *item;

	if (count == 0 || count > DECODE_ITEMS_MOST)
		return stack;
	frames = calloc(count, sizeof *frames);
	decoder->out_of_memory |= frames == NULL;
	if (frames == NULL)
		return stack;
	FOR_EACH_JSON (item, array) {
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

static void decode_thread(struct decoder *decoder, const struct json *object,
	struct event_thread *thread, const uint64_t **ret_pcs)
{
	struct stack stack = decode_frames(decoder, decoded_member(object, "frames"), true);

	thread->tid = decoded_int(object, "tid", 0);
	thread->name = decoded_keep(decoder, object, "name", NULL);
	thread->error = decoded_keep(decoder, object, "error", NULL);
	thread->truncated = decoded_bool(object, "truncated", false);
	thread->frames = stack.frames;
	thread->frame_count = stack.count;
	*ret_pcs = stack.pcs;
}

/* Where the last of COUNT threads has `same_as`, it gets the frames of that earlier one. */
static void decode_same(
	const struct json *object, struct event_thread *threads, const uint64_t **pcs, size_t count)
{
	int64_t tid = decoded_int64(object, "same_as", 0);
	struct event_thread *last = &threads[count - 1];

	for (size_t i = 0; tid != 0 && i < count - 1; i++)
		if (threads[i].tid == tid) {
			last->frames = threads[i].frames;
			last->frame_count = threads[i].frame_count;
			last->truncated = threads[i].truncated;
			pcs[count - 1] = pcs[i];
		}
}

static void decode_threads(
	struct decoder *decoder, const struct json *object, struct termination *end)
{
	const struct json *array = decoded_member(object, "threads"), *item;
	struct event *event = &end->event;
	struct event_thread *threads;
	const uint64_t **pcs;

	event->threads_left_out = decoded_uint32(object, "threads_left_out", 0);
	if (!json_is(array, JSON_ARRAY))
		return;
	event->threads = threads = decoded_items(decoder, array, sizeof *threads);
	end->thread_pcs = pcs = decoded_items(decoder, array, sizeof *pcs);
	if (threads == NULL || pcs == NULL)
		return;
	FOR_EACH_JSON (item, array) {
		decode_thread(
			decoder, item, &threads[event->thread_count], &pcs[event->thread_count]);
		event->thread_count++;
		decode_same(item, threads, pcs, event->thread_count);
	}
}

static void decode_registers(
	struct decoder *decoder, const struct json *object, struct event *event)
{
	struct frame_register *registers;
	const struct json *item;

	if (!json_is(object, JSON_OBJECT))
		return;
	event->registers = registers = decoded_items(decoder, object, sizeof *registers);
	if (registers == NULL)
		return;
	FOR_EACH_JSON (item, object) {
		const char *name = intern_string(&decoder->kept, item->key);

		decoder->out_of_memory |= name == NULL;
		registers[event->register_count++] =
			(struct frame_register){name, decoded_address(object, item->key, 0)};
	}
}

void decode_stacks(struct decoder *decoder, const struct json *object, bool interrupted,
	struct termination *end)
{
	struct stack stack = decode_frames(decoder, decoded_member(object, "frames"), interrupted);

	end->event.frames = stack.frames;
	end->event.frame_count = stack.count;
	end->pcs = stack.pcs;
	decode_registers(decoder, decoded_member(object, "registers"), &end->event);
	decode_threads(decoder, object, end);
}
