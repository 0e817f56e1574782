/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The merged stacks as a graph of Graphviz, in the dialect of LLNL's STAT: stat-view makes its own
 * labels from the attributes `function`, `source`, `line`, `module` and `offset`, reads the ranks
 * from `bv`, and writes all of that into a file for dot without escaping anything. So no attribute
 * contains a quote, nor a backslash except before a bar.
 */
#include "core/report/render/render.h"

#include "core/base/control.h"
#include "core/base/utf8.h"
#include "core/report/verdict/stack_tree.h"

#include <string.h>

#define NONE "(null)"
#define LABEL_MOST 48
#define STRING_MOST 16000 /* dot reads strings of 16384 bytes at most */

struct graph {
	struct text *text;
	size_t nodes;
};

/* The character that replaces POINT: none that ends a string, begins an escape sequence, or
 * controls a terminal. */
static uint32_t harmless(uint32_t point)
{
	if (control_is(point))
		return '?';
	return point == '"' ? '\'' : point == '\\' ? '/' : point;
}

/* Appends NAME; the characters in ESCAPED get a backslash. */
static void add_name(struct text *text, const char *name, const char *escaped)
{
	for (size_t left = strlen(name); left > 0;) {
		uint32_t point;
		size_t read = utf8_read(name, left, &point);

		point = harmless(point);
		if (point < 0x80 && strchr(escaped, (int)point) != NULL)
			text_char(text, '\\');
		text_point(text, point);
		name += read;
		left -= read;
	}
}

static void add_attribute(
	struct text *text, const char *key, const char *value, const char *escaped)
{
	text_printf(text, ", %s=\"", key);
	add_name(text, value, escaped);
	text_char(text, '"');
}

/* The ranks of NODE were at the same line, which is known. */
static bool has_source(const struct stack_node *node)
{
	const struct frame *frame = node->frame;

	return frame != NULL && frame->file != NULL && node->has_line && node->first_line > 0 &&
	       node->first_line == node->last_line;
}

static void add_source(struct text *text, const struct stack_node *node)
{
	const struct frame *frame = has_source(node) ? node->frame : NULL;

	add_attribute(text, "source", frame == NULL ? NONE : frame->file, "");
	text_printf(text, ", line=\"%d\"", frame == NULL ? 0 : frame->line);
}

/* Appends the module and the offset, only where there is no better name: stat-view shows them
 * instead of the function. */
static void add_module(struct text *text, const struct stack_node *node)
{
	const struct frame *frame = node->frame;
	bool nameless = frame != NULL && frame->function == NULL && frame->module != NULL;

	add_attribute(text, "module", nameless ? frame->module->path : NONE, "");
	if (nameless)
		text_printf(text, ", offset=\"+0x%lx\"", (unsigned long)frame->offset);
	else
		text_add(text, ", offset=\"" NONE "\"");
	text_add(text, ", pc=\"" NONE "\", vars=\"" NONE "\"");
}

/* The name of a Python function without its file, which `source` has. */
static const char *function_of(const struct stack_node *node)
{
	const struct frame *frame = node->frame;

	if (frame == NULL)
		return "/";
	if (frame->function == NULL)
		return "?";
	return frame->kind == FRAME_PYTHON && has_source(node) ? frame->function : node->function;
}

static size_t write_node(struct graph *graph, const struct stack_node *node)
{
	struct text *text = graph->text;

	text_printf(text, "\t%zu [pos=\"0,0\"", graph->nodes);
	add_attribute(text, "label", node->frame == NULL ? "/" : node->function, "{}<>|");
	add_attribute(text, "function", function_of(node), "|");
	add_source(text, node);
	add_module(text, node);
	text_add(text, "];\n");
	return graph->nodes++;
}

/* "[0-2,7]" */
static void add_ranks(struct text *text, const struct stack_node *node)
{
	text_char(text, '[');
	for (size_t i = 0, last; i < node->count; i = last + 1) {
		last = stack_range_end(node, i);
		text_printf(text, "%s%ld", i == 0 ? "" : ",", (long)node->ranks[i]);
		if (last > i)
			text_printf(text, "-%ld", (long)node->ranks[last]);
	}
	text_char(text, ']');
}

/* Appends what is drawn of LIST: of a long one the beginning, "[0,3,6,...]", so that the graph does
 * not become too wide. */
static void add_short(struct text *text, const struct text *list)
{
	size_t length = LABEL_MOST;

	if (list->length <= LABEL_MOST) {
		text_add(text, list->data);
		return;
	}
	while (list->data[length - 1] != ',')
		length--;
	text_add_n(text, list->data, length);
	text_add(text, "...]");
}

/* Where the list of ranks is too long for dot, only their number and one of them are written. */
static void write_edge(struct text *text, size_t from, size_t to, const struct stack_node *node)
{
	char ranks[STRING_MOST];
	struct text list;

	text_init(&list, ranks, sizeof ranks);
	add_ranks(&list, node);
	text_printf(text, "\t%zu -> %zu [label=\"%zu:", from, to, node->count);
	add_short(text, &list);
	text_add(text, "\", bv=\"");
	text_add(text, list.truncated ? NONE : ranks);
	text_printf(text, "\", count=\"%zu\", rep=\"%ld\"", node->count, (long)node->ranks[0]);
	text_add(text, ", tbv=\"" NONE "\", tcount=\"" NONE "\"]\n");
}

/* The depth of the recursion is bounded by stack_tree.c. */
static void write_children(struct graph *graph, size_t from, const struct stack_node *parent)
{
	for (const struct stack_node *child = parent->children; child != NULL;
		child = child->next) {
		size_t to = write_node(graph, child);

		write_edge(graph->text, from, to, child);
		write_children(graph, to, child);
	}
}

void render_dot(const struct report *report, struct text *text)
{
	const struct stack_node *root = report->attempts[report->attempt_count - 1].stacks;
	static const struct stack_node nothing = {.function = ""};
	struct graph graph = {.text = text};

	text_add(text, "digraph G {\n\tgraph [type=\"stat_4_2\"];\n"
		       "\tnode [shape=record,style=filled,labeljust=c,height=0.2];\n");
	if (root == NULL)
		root = &nothing;
	write_children(&graph, write_node(&graph, root), root);
	text_add(text, "}\n");
}
