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

/* A function that calls itself repeatedly is one step. Returns the last of these calls, at most
 * END, and in *RET_TIMES how many there are. */
static const struct stack_node *step_end(
	const struct stack_node *node, const struct stack_node *end, size_t *ret_times)
{
	*ret_times = 1;
	for (; node != end && strcmp(node->children->function, node->function) == 0; ++*ret_times)
		node = node->children;
	return node;
}

static size_t count_steps(const struct stack_node *node, const struct stack_node *end)
{
	size_t steps = 1, times;

	while ((node = step_end(node, end, &times)) != end) {
		node = node->children;
		steps++;
	}
	return steps;
}

/* Appends the HEAD first and the TAIL last steps from NODE to its chain's end: "main › walk × 70 ›
 * … 12 more › send › poll". */
static void write_chain(
	struct text *line, const struct stack_node *node, size_t head, size_t tail, int columns)
{
	const struct stack_node *end = stack_chain_end(node);
	size_t steps = count_steps(node, end), times;

	for (size_t at = 0; at < steps; at++, node = node->children) {
		bool hidden = at >= head && at + tail < steps;

		node = step_end(node, end, &times);
		if (at > 0 && (!hidden || at == head))
			text_add(line, SEPARATOR);
		if (hidden && at == head)
			text_printf(line, "… %zu more", steps - head - tail);
		if (hidden)
			continue;
		page_add_cut(line, node->function, columns);
		if (times > 1)
			text_printf(line, " × %zu", times);
	}
}

static int columns_of(const char *string)
{
	int columns = 0;

	for (; *string != '\0'; string++)
		columns += !utf8_continues(*string);
	return columns;
}

/* Appends the chain of NODE in the longest form that fits in COLUMNS, or in the shortest. */
static void add_chain(struct text *line, const struct stack_node *node, int columns)
{
	static const struct {
		size_t head, tail;
		int columns;
	} forms[] = {
		{3, 3, 48},
		{2, 2, 48},
		{1, 2, 40},
		{1, 2, 28},
		{1, 1, 32},
		{0, 1, 48},
		{0, 1, 24},
	};
	char chain[PAGE_LINE_SIZE / 2];
	struct text text;

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		text_init(&text, chain, sizeof chain);
		write_chain(&text, node, forms[i].head, forms[i].tail, forms[i].columns);
		if (columns_of(chain) <= columns)
			break;
	}
	text_add(line, chain);
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

/* NODE is highlighted: a rank that failed first is in it; or where none did, few ranks are. */
static bool stands_out(
	const struct tree *tree, const struct stack_node *parent, const struct stack_node *node)
{
	if (tree->attempt->has_root)
		return stack_has_candidate(tree->attempt, node);
	return stack_is_outlier(parent, node);
}

static const char *mark_of(const struct tree *tree, const struct stack_node *node, bool out)
{
	if (!out)
		return "";
	if (!tree->attempt->has_root)
		return "   ← stands apart";
	return stack_chain_end(node)->children == NULL ? "   ← failed first" : "";
}

static void print_node(struct tree *tree, const struct stack_node *parent,
	const struct stack_node *node, int indent)
{
	bool out = stands_out(tree, parent, node);
	const char *mark = mark_of(tree, node, out);
	struct text *line = page_begin_line(tree->page);

	text_printf(line, "  %*zu  ", tree->count_width, node->count);
	add_ranks(tree, line, node);
	text_printf(line, "%*s", indent < INDENT_MOST ? indent : INDENT_MOST, "");
	add_chain(line, node, PAINT_COLUMNS - columns_of(line->data) - columns_of(mark));
	text_add(line, mark);
	page_end_line(tree->page, out ? STYLE_CULPRIT : STYLE_PLAIN);
	tree->lines++;
}

static size_t count_branches(const struct stack_node *node)
{
	size_t count = 1;

	for (const struct stack_node *child = stack_chain_end(node)->children; child != NULL;
		child = child->next)
		count += count_branches(child);
	return count;
}

/* The depth of the recursion is bounded by stack_tree.c. */
static void print_children(struct tree *tree, const struct stack_node *parent, int indent)
{
	size_t shown = 0;

	for (const struct stack_node *child = parent->children; child != NULL;
		child = child->next) {
		if (tree->lines >= LINES_MOST || shown++ >= CHILDREN_MOST) {
			tree->left += count_branches(child);
			continue;
		}
		print_node(tree, parent, child, indent);
		print_children(tree, stack_chain_end(child), indent + 2);
	}
}

static int widest_ranks(const struct stack_node *parent)
{
	char ranks[2 * RANK_LIST_SIZE];
	int widest = 0;

	for (const struct stack_node *child = parent->children; child != NULL;
		child = child->next) {
		int own = list_ranks(child, ranks, sizeof ranks);
		int below = widest_ranks(stack_chain_end(child));

		own = own > below ? own : below;
		widest = widest > own ? widest : own;
	}
	return widest;
}

void tree_print(struct page *page, const struct attempt *attempt)
{
	const struct stack_node *root = attempt->stacks;
	struct tree tree = {.page = page, .attempt = attempt};

	if (root == NULL || root->count < 2)
		return;
	tree.count_width = snprintf(NULL, 0, "%zu", root->count);
	tree.ranks_width = widest_ranks(root);
	text_printf(page_begin_line(page), "  where %zu ranks stood:", root->count);
	page_end_line(page, STYLE_PLAIN);
	print_children(&tree, root, 0);
	if (tree.left > 0)
		page_more(page, tree.left, "branches");
}
