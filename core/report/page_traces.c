/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/page_traces.h"

#include "core/report/grow.h"
#include "core/report/stack_text.h"

#include <string.h>

#define KEY_MOST 1024 /* words; what is longer is told apart by its beginning and its length */
#define FRAME_JSON_SIZE 256

struct key {
	uintptr_t words[KEY_MOST];
	size_t count;
};

static void add_word(struct key *key, uintptr_t word)
{
	if (key->count < KEY_MOST)
		key->words[key->count++] = word;
}

/* Lines and frames that are equal were kept once (told.h), so that their addresses tell. */
static struct key key_of(const struct told_end *end)
{
	struct key key = {.count = 0};
	const struct event *event = &end->event;

	add_word(&key, (uintptr_t)event->frames);
	add_word(&key, event->frame_count);
	add_word(&key, end->error_trace.count);
	add_word(&key, event->thread_count);
	add_word(&key, event->register_count > 0 ? (uintptr_t)end : 0);
	for (size_t i = 0; i < event->thread_count; i++)
		add_word(&key, (uintptr_t)event->threads[i].frames);
	for (size_t i = end->error_trace.count; i-- > 0;)
		add_word(&key, (uintptr_t)end->error_trace.lines[i]);
	return key;
}

int64_t page_trace_number(struct page_traces *traces, const struct told_end *end)
{
	struct key key;
	size_t number;

	if (end == NULL || (end->event.frame_count == 0 && end->error_trace.count == 0))
		return -1;
	key = key_of(end);
	if (!grow(&traces->traces, &traces->room, traces->keys.count, sizeof *traces->traces)) {
		traces->keys.out_of_memory = true;
		return -1;
	}
	number = numbered_add(&traces->keys, key.words, key.count * sizeof *key.words);
	if (number + 1 == traces->keys.count)
		traces->traces[number] = end;
	return (int64_t)number;
}

/* As a number of `texts`; -1: there is none. */
static void write_text(struct page_traces *traces, struct json_out *json, const char *string)
{
	json_int(json, NULL,
		string == NULL ? -1 : (int64_t)numbered_string(&traces->texts, string));
}

/* [function, offset, module, file, line, function whose code stands there] */
static size_t frame_number(struct page_traces *traces, const struct frame *frame, uint64_t pc,
	const struct frame_note *note)
{
	char buffer[FRAME_JSON_SIZE], offset[32];
	struct text text;
	struct json_out json = {.text = &text};
	uint64_t from = frame->function != NULL ? frame->function_offset
			: frame->module != NULL ? frame->offset
						: pc;

	text_init(&text, buffer, sizeof buffer);
	text_format(offset, sizeof offset, "%s0x%lx",
		frame->function != NULL || frame->module != NULL ? "+" : "", (unsigned long)from);
	json_begin_array(&json, NULL);
	write_text(traces, &json, frame->function);
	write_text(traces, &json, offset);
	write_text(traces, &json, frame->module == NULL ? NULL : frame->module->path);
	write_text(traces, &json, frame->file);
	json_int(&json, NULL, frame->line);
	write_text(traces, &json, note != NULL && note->inlined_count > 0 ? note->inlined[0] : NULL);
	json_end_array(&json);
	return numbered_string(&traces->frames, buffer);
}

/* Python's frames are in the lines that it wrote itself. */
static void write_frames(struct page_traces *traces, struct json_out *json,
	const struct frame *frames, size_t count, const uint64_t *pcs,
	const struct frame_note *notes)
{
	json_begin_array(json, "frames");
	for (size_t i = 0; i < count; i++)
		if (frames[i].kind != FRAME_PYTHON)
			json_uint(json, NULL,
				frame_number(traces, &frames[i], pcs[i],
					notes == NULL ? NULL : &notes[i]));
	json_end_array(json);
}

static void write_threads(
	struct page_traces *traces, struct json_out *json, const struct told_end *end)
{
	const struct event *event = &end->event;

	json_begin_array(json, "threads");
	for (size_t i = 0; i < event->thread_count; i++) {
		const struct event_thread *thread = &event->threads[i];

		json_begin_object(json, NULL);
		json_int(json, "tid", thread->tid);
		json_string(json, "name", thread->name);
		write_frames(traces, json, thread->frames, thread->frame_count, end->thread_pcs[i],
			end->thread_notes == NULL ? NULL : end->thread_notes[i]);
		json_string(json, "error", thread->error);
		json_end_object(json);
	}
	json_end_array(json);
	json_uint(json, "threads_left_out", event->threads_left_out);
}

static void write_registers(struct json_out *json, const struct event *event)
{
	json_begin_array(json, "registers");
	for (size_t i = 0; i < event->register_count; i++) {
		json_begin_array(json, NULL);
		json_string(json, NULL, event->registers[i].name);
		json_address(json, NULL, event->registers[i].value);
		json_end_array(json);
	}
	json_end_array(json);
}

static void write_lines(
	struct page_traces *traces, struct json_out *json, const struct told_end *end)
{
	size_t count = stack_foreign_lines(end);

	json_begin_array(json, "lines");
	for (size_t i = 0; i < count; i++) {
		const char *line = end->error_trace.lines[i];

		json_uint(json, NULL,
			numbered_add(&traces->texts, line, strcspn(line, "\n")));
	}
	json_end_array(json);
}

static void write_trace(
	struct page_traces *traces, struct json_out *json, const struct told_end *end)
{
	const struct event *event = &end->event;

	json_begin_object(json, NULL);
	write_lines(traces, json, end);
	write_frames(traces, json, event->frames, event->frame_count, end->pcs, end->notes);
	json_string(json, "stop", event->truncated ? "more, which were not recorded" : event->stop);
	write_registers(json, event);
	write_threads(traces, json, end);
	json_end_object(json);
}

void page_traces_write(struct page_traces *traces, struct json_out *json)
{
	json_begin_array(json, "traces");
	for (size_t i = 0; i < traces->keys.count; i++)
		write_trace(traces, json, traces->traces[i]);
	json_end_array(json);
	json_begin_array(json, "frames");
	for (size_t i = 0; i < traces->frames.count; i++)
		json_raw(json, NULL, traces->frames.items[i]);
	json_end_array(json);
	json_begin_array(json, "texts");
	for (size_t i = 0; i < traces->texts.count; i++)
		json_string(json, NULL, traces->texts.items[i]);
	json_end_array(json);
}

bool page_traces_lost(const struct page_traces *traces)
{
	return traces->texts.out_of_memory || traces->frames.out_of_memory ||
	       traces->keys.out_of_memory;
}

void page_traces_release(struct page_traces *traces)
{
	numbered_release(&traces->texts);
	numbered_release(&traces->frames);
	numbered_release(&traces->keys);
	free(traces->traces);
	*traces = (struct page_traces){.room = 0};
}
