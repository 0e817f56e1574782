/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/page.h"

#include "core/base/utf8.h"
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

#define STEPS_MOST 256 /* of a chain; stack_tree.c has fewer below each other */

/* A step of a chain: a function, or one that calls itself repeatedly. */
struct step {
	const struct stack_node *parent, *node;
	size_t times;
	int worth; /* those that are worth least are left out first; 0: it is */
};

struct chain {
	struct step steps[STEPS_MOST];
	size_t count;
	size_t more; /* functions below the last step that are inside of it */
};

/* A library's step next to one that is not that library's: there it was entered or left. */
static bool is_edge(const struct chain *chain, size_t at)
{
	return at == 0 || at + 1 == chain->count ||
	       chain->steps[at - 1].node->part != STEP_LIBRARY ||
	       chain->steps[at + 1].node->part != STEP_LIBRARY;
}

#define WORTH_MOST 1001
#define WORTH_OWN 1000 /* of the program's innermost function */

/* How much step AT says of where the ranks are. */
static int worth_of(const struct chain *chain, size_t at)
{
	size_t own = chain->count;

	while (own > 0 && chain->steps[own - 1].node->part != STEP_PROGRAM)
		own--;
	if (at + 1 == chain->count)
		return WORTH_MOST;
	if (at + 1 == own)
		return WORTH_OWN;
	switch (chain->steps[at].node->part) {
	case STEP_PROGRAM:
		return at == 0 ? 900 : (chain->steps[at].times > 1 ? 700 : 500) + (int)at;
	case STEP_ENTRY: return 400;
	case STEP_LIBRARY: return is_edge(chain, at) ? 300 + (int)at : 100;
	default: return 50;
	}
}

/* Sets CHAIN to the steps from NODE, a child of PARENT, to its shown end. */
static void set_chain(
	struct chain *chain, const struct stack_node *parent, const struct stack_node *node)
{
	const struct stack_node *end = stack_shown_end(node);

	chain->count = 0;
	for (;; parent = node, node = stack_next_shown(node->children)) {
		size_t times;

		node = stack_recursion_end(node, end, &times);
		if (chain->count < STEPS_MOST)
			chain->steps[chain->count++] = (struct step){parent, node, times, 0};
		if (node == end)
			break;
	}
	chain->more = stack_hidden_depth(end);
	for (size_t i = 0; i < chain->count; i++)
		chain->steps[i].worth = worth_of(chain, i);
}

/* Appends "main › walk × 70 › … 12 more › send", each name in COLUMNS at most. */
static void write_chain(struct text *line, const struct chain *chain, int columns)
{
	size_t left = 0;

	for (size_t i = 0; i < chain->count; i++) {
		const struct step *step = &chain->steps[i];

		if (step->worth == 0) {
			left += step->times;
			continue;
		}
		if (left > 0)
			text_printf(line, "… %zu more" SEPARATOR, left);
		left = 0;
		stack_label_add(line, step->parent, step->node, columns);
		if (step->times > 1)
			text_printf(line, " × %zu", step->times);
		if (i + 1 < chain->count)
			text_add(line, SEPARATOR);
	}
	if (chain->more > 0)
		text_printf(line, SEPARATOR "… %zu more", chain->more);
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
static bool leave_one_out(struct chain *chain, int most)
{
	struct step *least = NULL;

	for (size_t i = 0; i < chain->count; i++) {
		struct step *step = &chain->steps[i];

		if (step->worth > 0 && (least == NULL || step->worth < least->worth))
			least = step;
	}
	if (least == NULL || least->worth >= most)
		return false;
	least->worth = 0;
	return true;
}

/* Appends the chain of NODE, a child of PARENT, with as many of its steps as fit in COLUMNS. */
static void add_chain(struct text *line, const struct stack_node *parent,
	const struct stack_node *node, int columns)
{
	static const int widths[] = {64, 48, 40, 32, 24, NAME_COLUMNS_LEAST};
	struct chain chain;
	char written[PAGE_LINE_SIZE / 2];
	struct text text;
	size_t width = 0;

	set_chain(&chain, parent, node);
	for (;;) {
		text_init(&text, written, sizeof written);
		write_chain(&text, &chain, widths[width]);
		if (!text.truncated && columns_of(written) <= columns)
			break;
		if (leave_one_out(&chain, WORTH_OWN))
			continue;
		if (width + 1 < sizeof widths / sizeof *widths)
			width++;
		else if (leave_one_out(&chain, WORTH_MOST))
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
	add_chain(line, parent, node,
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
