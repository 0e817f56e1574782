/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_text.h"

#include "core/base/path.h"
#include "core/cli/stacks/stacks_groups.h"
#include "core/report/render/page.h"

#include <errno.h>
#include <stdlib.h>

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
		text_printf(line, "    %s (%s", frame->function == NULL ? "?" : frame->function,
			frame->file == NULL ? "?" : path_base(frame->file));
		if (frame->line > 0)
			text_printf(line, ":%d", frame->line);
		text_char(line, ')');
		page_end_line(page, STYLE_PLAIN);
	}
}

static void print_group(
	struct page *page, const struct stacks_set *set, const struct stacks_group *group)
{
	const struct stacks_thread *thread = group->threads[0].thread;

	stacks_group_head(page_begin_line(page), set, group);
	page_end_paragraph(page, STYLE_HEAD, 4);
	print_python(page, &thread->stack);
	stack_print_frames(page, thread->stack.frames, thread->stack.count, thread->stack.notes,
		LIVE_FRAMES_MAX);
	if (thread->error != NULL)
		print_note(page, thread->error);
	else if (thread->stop != NULL)
		print_note(page, thread->stop);
}

int stacks_text_print(FILE *to, const struct stacks_set *set)
{
	struct page *page = calloc(1, sizeof *page);
	struct stacks_groups groups = {.count = 0};
	int error = page == NULL ? -ENOMEM : stacks_groups_make(&groups, set);

	if (error == 0) {
		page->to = to;
		page->color = paint_wanted(to);
		page->columns = paint_columns(to);
		for (size_t i = 0; i < groups.count; i++)
			print_group(page, set, &groups.list[i]);
	}
	stacks_groups_release(&groups);
	free(page);
	return error;
}
