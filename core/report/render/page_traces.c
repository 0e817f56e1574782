/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/page_traces.h"

#include "core/base/grow.h"
#include "core/report/render/page.h"
#include "core/report/render/recursion.h"

#include <string.h>

#define LOCATION_MOST 1024 /* words; of a longer trace, only the innermost lines are compared */
#define FRAME_JSON_SIZE 256

size_t numbered_add(struct numbered *list, const void *bytes, size_t size)
{
	const void *kept;
	size_t number;

	list->intern.arena = &list->arena;
	kept = intern_numbered(&list->intern, bytes, size, &number);
	if (kept == NULL || !grow(&list->items, &list->room, list->count, sizeof *list->items)) {
		list->out_of_memory = true;
		return 0;
	}
	if (number == list->count)
		list->items[list->count++] = kept;
	return number;
}

int64_t numbered_string(struct numbered *list, const char *string)
{
	return string == NULL ? -1 : (int64_t)numbered_add(list, string, strlen(string));
}

void numbered_release(struct numbered *list)
{
	intern_release(&list->intern);
	arena_release(&list->arena);
	free(list->items);
	*list = (struct numbered){.count = 0};
}

struct location {
	uintptr_t words[LOCATION_MOST];
	size_t count;
};

static void add_word(struct location *location, uintptr_t word)
{
	if (location->count < LOCATION_MOST)
		location->words[location->count++] = word;
}

/* The addresses of the parts of END. The reader keeps most equal lines and frames once (intern.h),
 * so equal addresses mean equal parts. */
static struct location location_of(const struct termination *end)
{
	struct location location = {.count = 0};
	const struct event *event = &end->event;

	add_word(&location, (uintptr_t)event->frames);
	add_word(&location, event->frame_count);
	add_word(&location, end->error_trace.count);
	add_word(&location, event->truncated);
	/* registers and the like belong to one process */
	add_word(&location,
		event->register_count + event->thread_count > 0 || event->report_file != NULL
			? (uintptr_t)end
			: 0);
	for (size_t i = end->error_trace.count; i-- > 0;)
		add_word(&location, (uintptr_t)end->error_trace.lines[i]);
	return location;
}

/* Writes the number of STRING in `texts`; -1 where it is NULL. */
static void write_text(struct page_traces *traces, struct json_out *json, const char *string)
{
	json_int(json, NULL, numbered_string(&traces->texts, string));
}

/* The number of FRAME, written as [function, offset, module, file, line, inlined function, how many
 * frames before it are not shown]. */
static size_t frame_number(struct page_traces *traces, const struct frame *frame, uint64_t pc,
	const struct frame_note *note, size_t hidden)
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
	write_text(
		traces, &json, note != NULL && note->inlined_count > 0 ? note->inlined[0] : NULL);
	json_uint(&json, NULL, hidden);
	json_end_array(&json);
	return (size_t)numbered_string(&traces->frames, buffer);
}

struct page_list {
	uint32_t count, numbers[];
};

/* Room for COUNT numbers, to be given to keep_list(); NULL when there is no memory. */
static struct page_list *new_list(struct page_traces *traces, size_t count)
{
	struct page_list *list = malloc(sizeof *list + count * sizeof *list->numbers);

	if (list == NULL)
		traces->lists.out_of_memory = true;
	else
		list->count = 0;
	return list;
}

static size_t keep_list(struct page_traces *traces, struct page_list *list)
{
	size_t number = numbered_add(
		&traces->lists, list, sizeof *list + list->count * sizeof *list->numbers);

	free(list);
	return number;
}

/* Leaves out Python's frames, which are in the lines of its traceback, and the repeated ones of a
 * recursion. */
static size_t frames_number(struct page_traces *traces, const struct frame *frames, size_t count,
	const uint64_t *pcs, const struct frame_note *notes)
{
	struct page_list *list = new_list(traces, count);
	struct recursion stack = {.frames = frames, .count = count};

	if (list == NULL)
		return 0;
	while (recursion_next(&stack))
		list->numbers[list->count++] = (uint32_t)frame_number(traces, &frames[stack.index],
			pcs[stack.index], notes == NULL ? NULL : &notes[stack.index], stack.hidden);
	return keep_list(traces, list);
}

static size_t lines_number(struct page_traces *traces, const struct termination *end)
{
	size_t count = stack_foreign_lines(end);
	struct page_list *list = new_list(traces, count);

	if (list == NULL)
		return 0;
	for (size_t i = 0; i < count; i++) {
		const char *line = end->error_trace.lines[i];

		list->numbers[list->count++] =
			(uint32_t)numbered_add(&traces->texts, line, strcspn(line, "\n"));
	}
	return keep_list(traces, list);
}

int64_t page_calls_number(struct page_traces *traces, const struct call_counts *calls)
{
	struct page_list *list = new_list(traces, calls->count);
	char buffer[256];

	if (list == NULL)
		return -1;
	for (size_t i = 0; i < calls->count; i++) {
		struct text text;

		text_init(&text, buffer, sizeof buffer);
		call_counts_what(&text, &calls->list[i]);
		text_add(&text, ": ");
		call_counts_number(&text, calls->list[i].count);
		list->numbers[list->count++] =
			(uint32_t)numbered_add(&traces->texts, text.data, text.length);
	}
	return (int64_t)keep_list(traces, list);
}

/* [tid, name, frames, why there are none] */
static void write_threads(
	struct page_traces *traces, struct json_out *json, const struct termination *end)
{
	const struct event *event = &end->event;

	json_begin_array(json, "threads");
	for (size_t i = 0; i < event->thread_count; i++) {
		const struct event_thread *thread = &event->threads[i];

		json_begin_array(json, NULL);
		json_int(json, NULL, thread->tid);
		write_text(traces, json, thread->name);
		json_uint(json, NULL,
			frames_number(traces, thread->frames, thread->frame_count,
				end->thread_pcs[i],
				end->thread_notes == NULL ? NULL : end->thread_notes[i]));
		write_text(traces, json, thread->error);
		json_end_array(json);
	}
	json_end_array(json);
	json_uint(json, "threads_left_out", event->threads_left_out);
}

/* Writes the names, and the values in the same order. */
static void write_registers(
	struct page_traces *traces, struct json_out *json, const struct event *event)
{
	struct page_list *list = new_list(traces, event->register_count);

	if (list == NULL)
		return;
	for (size_t i = 0; i < event->register_count; i++)
		list->numbers[list->count++] =
			(uint32_t)numbered_string(&traces->texts, event->registers[i].name);
	json_uint(json, "register_names", keep_list(traces, list));
	json_begin_array(json, "registers");
	for (size_t i = 0; i < event->register_count; i++)
		json_address(json, NULL, event->registers[i].value);
	json_end_array(json);
}

static void write_members(
	struct page_traces *traces, struct json_out *json, const struct termination *end)
{
	const struct event *event = &end->event;

	json_begin_object(json, NULL);
	json_uint(json, "lines", lines_number(traces, end));
	json_uint(json, "frames",
		frames_number(traces, event->frames, event->frame_count, end->pcs, end->notes));
	json_string(json, "stop", event->truncated ? "more, which were not recorded" : event->stop);
	json_string(json, "report", event->report_file);
	write_registers(traces, json, event);
	write_threads(traces, json, end);
	json_end_object(json);
}

static size_t number_by_content(struct page_traces *traces, const struct termination *end)
{
	struct text text = {.truncated = true};

	while (text.truncated) {
		struct json_out json = {.text = &text};

		/* larger than it was when the trace did not fit */
		if (!grow(&traces->buffer, &traces->buffer_size, text.size, 1)) {
			traces->traces.out_of_memory = true;
			return 0;
		}
		text_init(&text, traces->buffer, traces->buffer_size);
		write_members(traces, &json, end);
	}
	return numbered_add(&traces->traces, text.data, text.length);
}

int64_t page_trace_number(struct page_traces *traces, const struct termination *end)
{
	struct location location;
	size_t known = traces->locations.count, number;

	if (end == NULL || (end->event.frame_count == 0 && end->error_trace.count == 0))
		return -1;
	if (!grow(&traces->trace_of, &traces->room, known, sizeof *traces->trace_of)) {
		traces->locations.out_of_memory = true;
		return -1;
	}
	location = location_of(end);
	number = numbered_add(
		&traces->locations, location.words, location.count * sizeof *location.words);
	if (number == known)
		traces->trace_of[number] = number_by_content(traces, end);
	return (int64_t)traces->trace_of[number];
}

static void write_items(const struct numbered *list, const char *key, struct json_out *json)
{
	json_begin_array(json, key);
	for (size_t i = 0; i < list->count; i++)
		json_raw(json, NULL, list->items[i]);
	json_end_array(json);
}

static void write_lists(const struct numbered *lists, struct json_out *json)
{
	json_begin_array(json, "lists");
	for (size_t i = 0; i < lists->count; i++) {
		const struct page_list *list = lists->items[i];

		json_begin_array(json, NULL);
		for (uint32_t j = 0; j < list->count; j++)
			json_uint(json, NULL, list->numbers[j]);
		json_end_array(json);
	}
	json_end_array(json);
}

void page_traces_write(const struct page_traces *traces, struct json_out *json)
{
	write_items(&traces->traces, "traces", json);
	write_lists(&traces->lists, json);
	write_items(&traces->frames, "frames", json);
	json_begin_array(json, "texts");
	for (size_t i = 0; i < traces->texts.count; i++)
		json_string(json, NULL, traces->texts.items[i]);
	json_end_array(json);
}

bool page_traces_lost(const struct page_traces *traces)
{
	return traces->texts.out_of_memory || traces->frames.out_of_memory ||
	       traces->lists.out_of_memory || traces->traces.out_of_memory ||
	       traces->locations.out_of_memory;
}

void page_traces_release(struct page_traces *traces)
{
	numbered_release(&traces->texts);
	numbered_release(&traces->frames);
	numbered_release(&traces->lists);
	numbered_release(&traces->traces);
	numbered_release(&traces->locations);
	free(traces->trace_of);
	free(traces->buffer);
	*traces = (struct page_traces){.room = 0};
}
