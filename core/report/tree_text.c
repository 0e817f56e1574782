/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/tree_text.h"

#include "core/report/ranks.h"
#include "core/report/stack_tree.h"

#include <string.h>

#define LINES_MOST 40
#define CHILDREN_MOST 8
#define INDENT_MOST 24
#define RANK_COLUMNS 20
#define SHOWN_OF_CHAIN 2 /* at each end */
#define NAME_COLUMNS 44	 /* of a function among others */
#define SEPARATOR " › "

struct tree {
	struct page *page;
	const struct attempt *attempt;
	int count_width;
	size_t lines, left; /* written; not written */
};

/* "main › train › … 140 more … › send › poll": the way in, and where it ends. */
static void add_chain(struct text *line, const struct stack_node *node)
{
	const struct stack_node *end = stack_chain_end(node);
	size_t length = stack_chain_length(node, end), at = 0;

	for (const struct stack_node *step = node;; step = step->children, at++) {
		bool hidden = at >= SHOWN_OF_CHAIN && at + SHOWN_OF_CHAIN < length;

		if (!hidden && at > 0)
			text_add(line, SEPARATOR);
		if (!hidden)
			page_add_cut(line, step->function, NAME_COLUMNS);
		else if (at == SHOWN_OF_CHAIN)
			text_printf(line, SEPARATOR "… %zu more …", length - 2 * SHOWN_OF_CHAIN);
		if (step == end)
			return;
	}
}

static void add_ranks(struct text *line, const struct stack_node *node)
{
	struct rank_list list = {.length = 0};
	char cut[2 * RANK_LIST_SIZE];
	struct text text;
	int columns = 0;

	for (size_t i = 0; i < node->count && !list.full; i++)
		ranks_add(&list, node->ranks[i]);
	ranks_finish(&list);
	text_init(&text, cut, sizeof cut);
	page_add_cut(&text, list.text, RANK_COLUMNS);
	text_add(line, cut);
	for (const char *at = cut; *at != '\0'; at++)
		columns += (*at & 0xc0) != 0x80;
	text_printf(line, "%*s", RANK_COLUMNS - columns + 2, "");
}

/* Of those who failed first, and of the few where nobody did. */
static bool stands_out(
	const struct tree *tree, const struct stack_node *parent, const struct stack_node *node)
{
	if (tree->attempt->has_root)
		return stack_has_candidate(tree->attempt, node);
	return stack_is_odd(parent, node);
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
	char chain[PAGE_LINE_SIZE / 2];
	struct text text;

	text_init(&text, chain, sizeof chain);
	add_chain(&text, node);
	text_printf(line, "  %*zu  ", tree->count_width, node->count);
	add_ranks(line, node);
	text_printf(line, "%*s", indent < INDENT_MOST ? indent : INDENT_MOST, "");
	/* bytes count here, and "…" of the ranks is one column */
	page_add_cut(line, chain, PAINT_COLUMNS - (int)line->length - (int)strlen(mark));
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

/* The tree is as deep as stacks.c lets it be. */
static void print_children(struct tree *tree, const struct stack_node *parent, int indent)
{
	size_t shown = 0;

	for (const struct stack_node *child = parent->children; child != NULL; child = child->next) {
		if (tree->lines >= LINES_MOST || shown++ >= CHILDREN_MOST) {
			tree->left += count_branches(child);
			continue;
		}
		print_node(tree, parent, child, indent);
		print_children(tree, stack_chain_end(child), indent + 2);
	}
}

static int digits_of(size_t count)
{
	int digits = 1;

	for (; count >= 10; count /= 10)
		digits++;
	return digits;
}

void tree_print(struct page *page, const struct attempt *attempt)
{
	const struct stack_node *root = attempt->stacks;
	struct tree tree = {.page = page, .attempt = attempt};

	if (root == NULL || root->count < 2)
		return;
	tree.count_width = digits_of(root->count);
	text_printf(page_begin_line(page), "  where %zu ranks stood:", root->count);
	page_end_line(page, STYLE_PLAIN);
	print_children(&tree, root, 0);
	if (tree.left > 0)
		page_more(page, tree.left, "branches");
}
