/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_text.h"

#include "core/base/order.h"
#include "core/base/path.h"
#include "core/report/render/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_MOST 6 /* threads of a group that are named */

/* Threads with equal stacks: they lie one behind the other. */
struct group {
	struct shown_thread *threads;
	size_t count;
};

static bool is_same_text(const char *one, const char *other)
{
	return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

/* Processes have the same module at different addresses. */
static bool is_same_address(const struct frame *one, const struct frame *other)
{
	const struct frame_module *module = one->module, *others = other->module;

	if (module == NULL || others == NULL)
		return module == others && one->pc == other->pc;
	return one->offset == other->offset && strcmp(module->path, others->path) == 0 &&
	       module->build_id_size == others->build_id_size &&
	       memcmp(module->build_id, others->build_id, module->build_id_size) == 0;
}

static bool is_same_place(const struct frame *one, const struct frame *other)
{
	if (one->function == NULL || one->file == NULL || one->line == 0)
		return is_same_text(one->function, other->function) && is_same_address(one, other);
	return is_same_text(one->function, other->function) && one->line == other->line &&
	       is_same_text(one->file, other->file);
}

static bool is_same(const struct shown_thread *one, const struct shown_thread *other)
{
	if (one->thread->state != other->thread->state ||
		one->stack->count != other->stack->count ||
		!is_same_text(one->thread->error, other->thread->error) ||
		!is_same_text(one->thread->stop, other->thread->stop))
		return false;
	for (size_t i = 0; i < one->stack->count; i++)
		if (!is_same_place(&one->stack->frames[i], &other->stack->frames[i]))
			return false;
	return true;
}

/* Moves those of the COUNT THREADS to the front that are as the first one. Returns how many. */
static size_t gather(struct shown_thread *threads, size_t count)
{
	size_t same = 1;

	for (size_t i = 1; i < count; i++) {
		struct shown_thread moved = threads[i];

		if (!is_same(&threads[0], &moved))
			continue;
		memmove(&threads[same + 1], &threads[same], (i - same) * sizeof *threads);
		threads[same++] = moved;
	}
	return same;
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *one = a, *other = b;

	return COMPARE(one->count, other->count) ?: COMPARE(one->threads, other->threads);
}

static void add_thread(struct text *line, const struct shown_thread *shown)
{
	text_printf(line, "%d (%s)", (int)shown->thread->tid, shown->thread->name);
}

/* "thread 4712 (worker) of process 4711 (train), waiting:",
 * "3 threads of process 4711 (train), waiting: 4712 (worker), 4713 (worker), …" */
static void print_head(struct page *page, const struct group *group)
{
	struct text *line = page_begin_line(page);
	const struct shown_thread *first = &group->threads[0];
	bool is_one = true;

	if (group->count == 1) {
		text_add(line, "thread ");
		add_thread(line, first);
	} else {
		text_printf(line, "%zu threads", group->count);
	}
	for (size_t i = 1; i < group->count; i++)
		is_one = is_one && group->threads[i].process == first->process;
	if (is_one && first->rank != RANK_UNKNOWN)
		text_printf(line, " of rank %ld (process %d, %s)", (long)first->rank,
			(int)first->process->pid, first->process->name);
	else if (is_one)
		text_printf(line, " of process %d (%s)", (int)first->process->pid,
			first->process->name);
	text_printf(line, ", %s:", live_state_name(first->thread->state));
	for (size_t i = 0; i < group->count && group->count > 1; i++) {
		text_add(line, i == 0 ? " " : ", ");
		if (i == NAMED_MOST && group->count > NAMED_MOST + 1) {
			text_printf(line, "and %zu more", group->count - i);
			break;
		}
		add_thread(line, &group->threads[i]);
		if (!is_one && group->threads[i].rank != RANK_UNKNOWN)
			text_printf(line, " of rank %ld", (long)group->threads[i].rank);
		else if (!is_one)
			text_printf(line, " of %d", (int)group->threads[i].process->pid);
	}
	page_end_paragraph(page, STYLE_HEAD, 4);
}

static void print_note(struct page *page, const char *note)
{
	text_printf(page_begin_line(page), "    … %s", note);
	page_end_line(page, STYLE_FAINT);
}

/* Prints the frames of Python: "    work (train.py:41)". */
static void print_python(struct page *page, const struct lines_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		struct text *line;

		if (frame->kind != FRAME_PYTHON)
			continue;
		if (frame->left_out > 0)
			page_more(page, frame->left_out, "frames of Python");
		line = page_begin_line(page);
		text_printf(line, "    %s (%s", frame->function, path_base(frame->file));
		if (frame->line > 0)
			text_printf(line, ":%d", frame->line);
		text_char(line, ')');
		page_end_line(page, STYLE_PLAIN);
	}
}

static void print_group(struct page *page, const struct group *group)
{
	const struct shown_thread *shown = &group->threads[0];

	print_head(page, group);
	print_python(page, shown->stack);
	stack_print_frames(page, shown->stack->frames, shown->stack->count, shown->stack->notes,
		LIVE_FRAMES_MAX);
	if (shown->thread->error != NULL)
		print_note(page, shown->thread->error);
	else if (shown->thread->stop != NULL)
		print_note(page, shown->thread->stop);
}

int stacks_text_print(FILE *to, struct shown_thread *threads, size_t count)
{
	struct group *groups = calloc(count + 1, sizeof *groups);
	struct page *page = calloc(1, sizeof *page);
	size_t group_count = 0;

	for (size_t at = 0; groups != NULL && at < count; at += groups[group_count++].count)
		groups[group_count] =
			(struct group){&threads[at], gather(&threads[at], count - at)};
	if (groups != NULL && page != NULL) {
		page->to = to;
		page->color = paint_wanted(to);
		page->columns = paint_columns(to);
		qsort(groups, group_count, sizeof *groups, compare_groups);
		for (size_t i = 0; i < group_count; i++)
			print_group(page, &groups[i]);
	}
	free(groups);
	free(page);
	return groups == NULL || page == NULL ? -ENOMEM : 0;
}
