/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/page.h"

#include "core/base/number.h"
#include "core/base/path.h"
#include "core/report/render/recursion.h"

#include <string.h>

#define INLINED_COLUMNS 32 /* of an inlined function's name */
#define NATIVE_LINES_MOST 12
#define FOREIGN_LINES_MOST 60
#define THREADS_MOST 8
#define THREAD_LINES_MOST 8
#define REGISTERS_A_LINE 4
#define OVERFLOW_HINT \
	"endless recursion, or a stack that is too small: ulimit -s; of threads, OMP_STACKSIZE"
#define NOT_RECORDED "… and more, which were not recorded"

/* "  solver.c:88", "  solver.c:12 in dot (inlined)". */
static void add_source(struct text *line, const struct frame *frame, const struct frame_note *note)
{
	if (frame->file == NULL)
		return;
	text_printf(line, "  %s", path_base(frame->file));
	if (frame->line > 0)
		text_printf(line, ":%d", frame->line);
	if (note != NULL && note->inlined_count > 0) {
		text_add(line, " in ");
		page_add_cut(line, note->inlined[0], INLINED_COLUMNS);
		text_add(line, " (inlined)");
	}
}

/* Prints a frame on one line, on which only the name of the function is shortened. */
static void print_frame(
	struct page *page, size_t number, const struct frame *frame, const struct frame_note *note)
{
	char rest[PAGE_LINE_SIZE / 2];
	struct text *line = page_begin_line(page), tail;

	text_init(&tail, rest, sizeof rest);
	if (frame->function != NULL)
		text_printf(&tail, "+0x%lx", (unsigned long)frame->function_offset);
	if (frame->module != NULL)
		text_printf(&tail, " (%s)", path_base(frame->module->path));
	add_source(&tail, frame, note);
	text_printf(line, "    #%-2zu ", number);
	if (frame->function != NULL)
		page_add_cut(
			line, frame->function, page->columns - (int)(line->length + tail.length));
	else
		text_printf(line, "0x%lx",
			(unsigned long)(frame->module != NULL ? frame->offset : frame->pc));
	text_add(line, rest);
	page_end_line(page, STYLE_PLAIN);
}

size_t stack_foreign_lines(const struct termination *end)
{
	const struct text_lines *trace = &end->error_trace;
	size_t count = 0;

	for (; count < trace->count; count++) {
		const char *line = trace->lines[count];

		if ((line[0] == '#' && is_digit(line[1])) ||
			(end->event.thread_count > 0 && strncmp(line, "Thread ", 7) == 0))
			break;
	}
	return count;
}

/* Prints the lines of another language's traceback: the first, and of the others the last ones,
 * which are the innermost. */
static void print_foreign(struct page *page, const struct termination *end)
{
	size_t count = stack_foreign_lines(end);
	size_t left = count > FOREIGN_LINES_MOST ? count - FOREIGN_LINES_MOST : 0;

	for (size_t i = 0; i < count; i++) {
		const char *line = end->error_trace.lines[i];

		if (i == 1 && left > 0)
			page_more(page, left, "lines");
		if (i > 0 && i <= left)
			continue;
		text_printf(page_begin_line(page), "    %.*s", (int)strcspn(line, "\n"), line);
		page_end_line(page, STYLE_PLAIN);
	}
}

static void print_note(struct page *page, const char *what, const char *why)
{
	text_printf(page_begin_line(page), "    %s%s", what, why);
	page_end_line(page, STYLE_FAINT);
}

/* "… 34903 more frames of walk" */
static void print_hidden(struct page *page, const struct recursion *recursion)
{
	char names[PAGE_LINE_SIZE / 2];
	struct text *line, text;

	if (recursion->hidden == 0)
		return;
	text_init(&text, names, sizeof names);
	recursion_names(recursion, &text);
	line = page_begin_line(page);
	text_printf(line, "    … %zu more frames%s", recursion->hidden,
		recursion->functions > 0 ? " of " : "");
	if (recursion->functions > 0)
		page_add_cut(line, names, PAINT_COLUMNS - (int)line->length);
	page_end_line(page, STYLE_FAINT);
}

void stack_print_frames(struct page *page, const struct frame *frames, size_t count,
	const struct frame_note *notes, size_t most)
{
	struct recursion stack = {.frames = frames, .count = count};
	size_t shown = 0, more = 0;

	while (recursion_next(&stack))
		if (shown++ < most) {
			print_hidden(page, &stack);
			print_frame(page, stack.number, &frames[stack.index],
				notes == NULL ? NULL : &notes[stack.index]);
		} else {
			more += 1 + stack.hidden;
		}
	if (more == 0)
		print_hidden(page, &stack);
	else
		page_more(page, more + stack.hidden, "frames");
}

static void print_frames(struct page *page, const struct termination *end)
{
	stack_print_frames(
		page, end->event.frames, end->event.frame_count, end->notes, NATIVE_LINES_MOST);
	if (end->event.truncated)
		print_note(page, NOT_RECORDED, "");
	else if (end->event.stop != NULL)
		print_note(page, "… not further: ", end->event.stop);
}

static void print_registers(struct page *page, const struct event *event)
{
	for (size_t i = 0; i < event->register_count; i++) {
		const struct frame_register *one = &event->registers[i];
		struct text *line = i % REGISTERS_A_LINE == 0 ? page_begin_line(page) : &page->line;

		text_printf(line, "%s%-3s 0x%016lx", i % REGISTERS_A_LINE == 0 ? "    " : "  ",
			one->name, (unsigned long)one->value);
		if (i % REGISTERS_A_LINE == REGISTERS_A_LINE - 1 || i + 1 == event->register_count)
			page_end_line(page, STYLE_PLAIN);
	}
}

static bool is_same_frame(const struct frame *one, const struct frame *other)
{
	if (one->function != NULL && other->function != NULL)
		return strcmp(one->function, other->function) == 0;
	return one->function == other->function && one->module == other->module &&
	       one->offset == other->offset && one->pc == other->pc;
}

/* The stacks have the same functions, which is the same stack to a reader. */
static bool is_same_stack(const struct event_thread *one, const struct event_thread *other)
{
	if (one->frame_count != other->frame_count || one->truncated != other->truncated)
		return false;
	if (one->frame_count == 0)
		return one->error != NULL && other->error != NULL &&
		       strcmp(one->error, other->error) == 0;
	for (size_t i = 0; one->frames != other->frames && i < one->frame_count; i++)
		if (!is_same_frame(&one->frames[i], &other->frames[i]))
			return false;
	return true;
}

/* An earlier thread has the same stack as the one at INDEX. */
static bool is_repeated(const struct event *event, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_same_stack(&event->threads[i], &event->threads[index]))
			return true;
	return false;
}

static size_t count_like(const struct event *event, size_t index)
{
	size_t count = 0;

	for (size_t i = index + 1; i < event->thread_count; i++)
		count += is_same_stack(&event->threads[i], &event->threads[index]);
	return count;
}

/* "thread 4712 (worker) and 3 like it:" */
static void print_thread(struct page *page, const struct termination *end, size_t index)
{
	const struct event_thread *thread = &end->event.threads[index];
	const struct frame_note *notes =
		end->thread_notes == NULL ? NULL : end->thread_notes[index];
	struct text *line = page_begin_line(page);
	size_t like = count_like(&end->event, index);

	text_printf(line, "    thread %d", thread->tid);
	if (thread->name != NULL && thread->name[0] != '\0')
		text_printf(line, " (%s)", thread->name);
	if (like > 0)
		text_printf(line, " and %zu like it", like);
	text_printf(line, ":%s%s", thread->error != NULL ? " " : "",
		thread->error != NULL ? thread->error : "");
	page_end_line(page, STYLE_PLAIN);
	stack_print_frames(page, thread->frames, thread->frame_count, notes, THREAD_LINES_MOST);
	if (thread->truncated)
		print_note(page, NOT_RECORDED, "");
}

static void print_threads(struct page *page, const struct termination *end)
{
	const struct event *event = &end->event;
	size_t shown = 0, left = event->threads_left_out;

	for (size_t i = 0; i < event->thread_count; i++) {
		if (is_repeated(event, i))
			continue;
		if (shown++ < THREADS_MOST)
			print_thread(page, end, i);
		else
			left += 1 + count_like(event, i);
	}
	if (left > 0)
		page_more(page, left, "threads");
	if (event->threads_error != NULL)
		print_note(page, "other threads: ", event->threads_error);
}

/* Prints PATH whole, so that a user can copy it. */
static void print_report_file(struct page *page, const char *path)
{
	text_printf(page_begin_line(page), "    Report: %s", path);
	paint_line(page->to, page->color, STYLE_PLAIN, page->buffer, PAGE_LINE_SIZE);
}

void stack_print(struct page *page, const struct process *process)
{
	const struct termination *end = process_termination(process);

	if (end == NULL)
		return;
	print_foreign(page, end);
	print_frames(page, end);
	if (end->event.stack_overflow)
		print_note(page, OVERFLOW_HINT, "");
	if (end->event.report_file != NULL)
		print_report_file(page, end->event.report_file);
	if (page->detail == DETAIL_VERDICT)
		return;
	print_registers(page, &end->event);
	print_threads(page, end);
}
