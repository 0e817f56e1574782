/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/page.h"

#include "core/base/utf8.h"
#include "core/events/frame_origin.h"
#include "core/report/job/ranks.h"
#include "core/report/verdict/stack_tree.h"

#include <string.h>

#define LINES_MOST 40
#define CHILDREN_MOST 8
#define INDENT_MOST 24
#define RANK_COLUMNS 20
#define SEPARATOR " › "

struct tree {
	struct page *page;
	const struct attempt *attempt;
	int count_width, ranks_width;
	size_t lines, left; /* lines that were written; branches that were not */
};

#define STEPS_MOST 256 /* of a path; stack_tree.c has fewer below each other */

/* A step of a path: a function, or one that calls itself repeatedly. */
struct step {
	const struct stack_node *parent, *node;
	size_t times;
	int worth; /* those that are worth least are left out first; 0: it is */
};

struct call_path {
	struct step steps[STEPS_MOST];
	size_t count;
	size_t more; /* functions below the last step that are inside of it */
};

/* The part of step AT; STEP_PART_COUNT_ beyond the path. */
static enum step_part part_at(const struct call_path *path, size_t at)
{
	return at < path->count ? path->steps[at].node->part : STEP_PART_COUNT_;
}

static bool is_python(const struct stack_node *node)
{
	return node->frame != NULL && node->frame->kind == FRAME_PYTHON;
}

/* What a step of a library is worth: more where the library is entered or left, and less where it
 * is the machinery of a library of Python's. */
static int worth_of_library(const struct call_path *path, size_t at)
{
	bool edge = at == 0 || part_at(path, at - 1) != STEP_LIBRARY ||
		    part_at(path, at + 1) != STEP_LIBRARY;
	int worth = edge ? 300 : 100;

	for (size_t i = 0; i < path->count; i++)
		if (is_python(path->steps[i].node))
			return worth + (is_python(path->steps[at].node) ? 50 : -50);
	return worth;
}

/* Step AT is a function of MPI or the like, and not of libc. */
static bool communicates(const struct call_path *path, size_t at)
{
	const struct frame *frame = path->steps[at].node->frame;

	return frame != NULL && frame_origin(frame) == ORIGIN_COMMUNICATION;
}

#define WORTH_MOST 1001
#define WORTH_OWN 1000 /* of the program's innermost function, and of what that called */

/* How much step AT says of where the ranks are. */
static int worth_of(const struct call_path *path, size_t at)
{
	size_t own = path->count;

	while (own > 0 && part_at(path, own - 1) != STEP_PROGRAM)
		own--;
	if (at + 1 == own)
		return WORTH_OWN;
	switch (part_at(path, at)) {
	case STEP_PROGRAM: return at == 0 ? 900 : (path->steps[at].times > 1 ? 700 : 500) + (int)at;
	case STEP_ENTRY:
		if (at < own)
			return 400;
		return at == 0 || at == own || communicates(path, at) ? WORTH_MOST : 200;
	case STEP_LIBRARY: return worth_of_library(path, at) + (int)at / 8;
	default: return 50;
	}
}

/* Sets CHAIN to the steps from NODE, a child of PARENT, to its shown end. */
static void set_path(
	struct call_path *path, const struct stack_node *parent, const struct stack_node *node)
{
	const struct stack_node *end = stack_shown_end(node);

	path->count = 0;
	for (;; parent = node, node = stack_next_shown(node->children)) {
		size_t times;

		node = stack_recursion_end(node, end, &times);
		if (path->count < STEPS_MOST)
			path->steps[path->count++] = (struct step){parent, node, times, 0};
		if (node == end)
			break;
	}
	path->more = stack_hidden_depth(end);
	for (size_t i = 0; i < path->count; i++)
		path->steps[i].worth = worth_of(path, i);
}

/* Appends "main › walk × 70 › … 12 more › send", each name in COLUMNS at most. */
static void write_path(struct text *line, const struct call_path *path, int columns)
{
	const char *separator = "";
	size_t left = 0;

	for (size_t i = 0; i < path->count; i++) {
		const struct step *step = &path->steps[i];

		if (step->worth == 0) {
			left += step->times;
			continue;
		}
		if (left > 0) {
			text_printf(line, "%s… %zu more", separator, left);
			separator = SEPARATOR;
		}
		left = 0;
		text_add(line, separator);
		separator = SEPARATOR;
		stack_label_add(line, step->parent, step->node, columns);
		if (step->times > 1)
			text_printf(line, " × %zu", step->times);
	}
	left += path->more;
	if (left > 0)
		text_printf(line, "%s… %zu more", separator, left);
}

static int columns_of(const char *string)
{
	int columns = 0;

	for (; *string != '\0'; string++)
		columns += !utf8_continues(*string);
	return columns;
}

/* Leaves the step out that is worth least, but less than MOST. Returns false where there is none.
 */
static bool leave_one_out(struct call_path *path, int most)
{
	struct step *least = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < path->count; i++) {
		struct step *step = &path->steps[i];

		kept += step->worth > 0;
		if (step->worth > 0 && (least == NULL || step->worth < least->worth))
			least = step;
	}
	if (kept < 2 || least->worth >= most)
		return false;
	least->worth = 0;
	return true;
}

/* Appends the path of NODE, a child of PARENT, with as many of its steps as fit in COLUMNS. */
static void add_path(struct text *line, const struct stack_node *parent,
	const struct stack_node *node, int columns)
{
	static const int widths[] = {64, 48, 40, 32, 24, NAME_COLUMNS_LEAST};
	struct call_path path;
	char written[PAGE_LINE_SIZE / 2];
	struct text text;
	size_t width = 0;

	set_path(&path, parent, node);
	for (;;) {
		text_init(&text, written, sizeof written);
		write_path(&text, &path, widths[width]);
		if (!text.truncated && columns_of(written) <= columns)
			break;
		if (leave_one_out(&path, WORTH_OWN))
			continue;
		if (width + 1 < sizeof widths / sizeof *widths)
			width++;
		else if (leave_one_out(&path, WORTH_MOST))
			width = 0;
		else
			break;
	}
	text_add(line, written);
}

/* Writes "0-2,7" to BUFFER, shortened to RANK_COLUMNS. Returns how many columns it has. */
static int list_ranks(const struct stack_node *node, char *buffer, size_t size)
{
	struct rank_list list = {.length = 0};
	struct text text;

	for (size_t i = 0; i < node->count && !list.full; i++)
		ranks_add(&list, node->ranks[i]);
	ranks_finish(&list);
	text_init(&text, buffer, size);
	page_add_cut(&text, list.text, RANK_COLUMNS);
	return columns_of(buffer);
}

static void add_ranks(const struct tree *tree, struct text *line, const struct stack_node *node)
{
	char ranks[2 * RANK_LIST_SIZE];
	int columns = list_ranks(node, ranks, sizeof ranks);

	text_printf(line, "%s%*s", ranks, tree->ranks_width - columns + 2, "");
}

static const char *mark_of(const struct tree *tree, const struct stack_node *node, bool out)
{
	if (!out)
		return "";
	if (!tree->attempt->has_root)
		return "   ← stands apart";
	return stack_next_shown(stack_shown_end(node)->children) == NULL ? "   ← failed first" : "";
}

static void print_node(struct tree *tree, const struct stack_node *parent,
	const struct stack_node *node, int indent)
{
	bool out = stack_stands_out(tree->attempt, parent, node);
	const char *mark = mark_of(tree, node, out);
	struct text *line = page_begin_line(tree->page);

	text_printf(line, "  %*zu  ", tree->count_width, node->count);
	add_ranks(tree, line, node);
	text_printf(line, "%*s", indent < INDENT_MOST ? indent : INDENT_MOST, "");
	add_path(line, parent, node,
		tree->page->columns - columns_of(line->data) - columns_of(mark));
	text_add(line, mark);
	page_end_line(tree->page, out ? STYLE_CULPRIT : STYLE_PLAIN);
	tree->lines++;
}

static size_t count_branches(const struct stack_node *node)
{
	size_t count = 1;

	FOR_EACH_SHOWN(child, stack_shown_end(node))
	count += count_branches(child);
	return count;
}

/* The depth of the recursion is bounded by stack_tree.c. */
static void print_children(struct tree *tree, const struct stack_node *parent, int indent)
{
	size_t shown = 0;

	FOR_EACH_SHOWN(child, parent)
	{
		if (tree->lines >= LINES_MOST || shown++ >= CHILDREN_MOST) {
			tree->left += count_branches(child);
			continue;
		}
		print_node(tree, parent, child, indent);
		print_children(tree, stack_shown_end(child), indent + 2);
	}
}

static int widest_ranks(const struct stack_node *parent)
{
	char ranks[2 * RANK_LIST_SIZE];
	int widest = 0;

	FOR_EACH_SHOWN(child, parent)
	{
		int own = list_ranks(child, ranks, sizeof ranks);
		int below = widest_ranks(stack_shown_end(child));

		own = own > below ? own : below;
		widest = widest > own ? widest : own;
	}
	return widest;
}

/* The only stack is that of the rank that failed first, which is shown whole. */
static bool is_shown_already(const struct attempt *attempt)
{
	return attempt->stacks->count == 1 && stack_has_candidate(attempt, attempt->stacks);
}

void tree_print(struct page *page, const struct attempt *attempt)
{
	const struct stack_node *root = attempt->stacks;
	struct tree tree = {.page = page, .attempt = attempt};

	if (root == NULL || is_shown_already(attempt))
		return;
	tree.count_width = snprintf(NULL, 0, "%zu", root->count);
	tree.ranks_width = widest_ranks(root);
	if (root->count == 1)
		text_printf(page_begin_line(page), "  where rank %ld stood:", (long)root->ranks[0]);
	else
		text_printf(page_begin_line(page), "  where %zu ranks stood:", root->count);
	page_end_line(page, STYLE_PLAIN);
	print_children(&tree, root, 0);
	if (tree.left > 0)
		page_more(page, tree.left, "branches");
}
