/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/stack_tree.h"
#include "core/report/verdict/short_name.h"
#include "core/report/verdict/stack_steps.h"
#include "core/report/verdict/verdict.h"

#include "core/base/order.h"
#include "core/base/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RANKS_AT_FIRST 4

/* How many of the outermost and of the innermost steps of a stack are in the tree: readers of JSON
 * refuse deeper nesting. An endless recursion shows in fewer. */
#define OUTER_MOST 120
#define INNER_MOST 80

static bool add_rank(struct report *report, struct stack_node *node, int64_t rank)
{
	if (node->count > 0 && node->ranks[node->count - 1] == rank)
		return true;
	if (node->count == node->room) {
		size_t room = node->room == 0 ? RANKS_AT_FIRST : node->room * 2;
		int64_t *ranks = report_alloc(report, room * sizeof *ranks);

		if (ranks == NULL)
			return false;
		if (node->count > 0)
			memcpy(ranks, node->ranks, node->count * sizeof *ranks);
		node->ranks = ranks;
		node->room = room;
	}
	node->ranks[node->count++] = rank;
	return true;
}

static bool is_for(const struct stack_node *node, const struct stack_step *step)
{
	const struct stack_step own = {
		node->function, node->frame, node->part, node->has_line, node->is_call};

	return stack_step_is_same(&own, step);
}

/* The child of PARENT for STEP, made if there is none; NULL: out of memory. It is moved to the
 * front: the next rank was likely in it, too. */
static struct stack_node *child_for(
	struct report *report, struct stack_node *parent, const struct stack_step *step)
{
	struct stack_node **link = &parent->children, *node;

	while (*link != NULL && !is_for(*link, step))
		link = &(*link)->next;
	node = *link;
	if (node != NULL) {
		*link = node->next;
	} else {
		node = report_alloc(report, sizeof *node);
		if (node == NULL)
			return NULL;
		node->function = step->function;
		node->frame = step->frame;
		node->part = step->part;
		node->has_line = step->has_line;
		node->is_call = step->is_call;
		node->first_line = node->last_line = step->has_line ? step->frame->line : 0;
	}
	node->next = parent->children;
	parent->children = node;
	return node;
}

static bool is_same_file(const char *one, const char *other)
{
	return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

/* Widens the range of lines of NODE; a function has lines of one file, but for inlined ones. */
static void note_line(struct stack_node *node, const struct stack_step *step)
{
	int line = step->frame->line;

	if (!step->has_line || line == 0 || !is_same_file(node->frame->file, step->frame->file))
		return;
	if (line < node->first_line)
		node->first_line = line;
	if (line > node->last_line)
		node->last_line = line;
}

static bool add_steps(struct report *report, struct stack_node *node,
	const struct stack_steps *steps, int64_t rank)
{
	for (size_t i = 0; i < steps->count; i++) {
		if (i >= OUTER_MOST && i + INNER_MOST < steps->count)
			continue;
		node = child_for(report, node, &steps->list[i]);
		if (node == NULL || !add_rank(report, node, rank))
			return false;
		note_line(node, &steps->list[i]);
	}
	return true;
}

static int compare_ranks(const void *one, const void *other)
{
	int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;

	return COMPARE(a, b);
}

bool stack_has_candidate(const struct attempt *attempt, const struct stack_node *node)
{
	FOR_EACH_CANDIDATE (candidate, attempt)
		if (attempt->has_root && node->count > 0 &&
			bsearch(&candidate->rank, node->ranks, node->count, sizeof *node->ranks,
				compare_ranks) != NULL)
			return true;
	return false;
}

static bool goes_before(
	const struct attempt *attempt, const struct stack_node *one, const struct stack_node *other)
{
	bool candidate = stack_has_candidate(attempt, one);

	if (candidate != stack_has_candidate(attempt, other))
		return candidate;
	if (one->count != other->count)
		return one->count < other->count;
	return one->ranks[0] < other->ranks[0];
}

/* Cuts LIST, of two nodes at least, in the middle. Returns the second half. */
static struct stack_node *split(struct stack_node *list)
{
	struct stack_node *half;

	for (struct stack_node *end = list->next; end != NULL && end->next != NULL;
		end = end->next->next)
		list = list->next;
	half = list->next;
	list->next = NULL;
	return half;
}

static struct stack_node *merge(
	const struct attempt *attempt, struct stack_node *one, struct stack_node *other)
{
	struct stack_node *list = NULL, **link = &list;

	while (one != NULL && other != NULL) {
		struct stack_node **first = goes_before(attempt, other, one) ? &other : &one;

		*link = *first;
		link = &(*first)->next;
		*first = *link;
	}
	*link = one != NULL ? one : other;
	return list;
}

static struct stack_node *sorted(const struct attempt *attempt, struct stack_node *list)
{
	struct stack_node *half;

	if (list == NULL || list->next == NULL)
		return list;
	half = split(list);
	return merge(attempt, sorted(attempt, list), sorted(attempt, half));
}

void stack_tree_sort(const struct attempt *attempt, struct stack_node *node)
{
	node->children = sorted(attempt, node->children);
	for (struct stack_node *child = node->children; child != NULL; child = child->next)
		stack_tree_sort(attempt, child);
}

size_t stack_range_end(const struct stack_node *node, size_t at)
{
	while (at + 1 < node->count && node->ranks[at + 1] == node->ranks[at] + 1)
		at++;
	return at;
}

static bool is_outlier(const struct attempt *attempt, int64_t rank)
{
	const struct position *usual = attempt->positions;

	return bsearch(&rank, usual->ranks, usual->count, sizeof rank, compare_ranks) == NULL;
}

bool stack_stands_out(const struct attempt *attempt, const struct stack_node *parent,
	const struct stack_node *child)
{
	if (attempt->has_root)
		return stack_has_candidate(attempt, child);
	if (!attempt->has_outliers || child->count == parent->count)
		return false;
	for (size_t i = 0; i < child->count; i++)
		if (!is_outlier(attempt, child->ranks[i]))
			return false;
	return true;
}

/* Marks NODE and the nodes below it that are hidden. Returns whether NODE is. */
static bool hide(struct stack_node *node)
{
	bool hidden = node->part == STEP_INSIDE;

	for (struct stack_node *child = node->children; child != NULL; child = child->next)
		hidden &= hide(child);
	node->is_hidden = hidden;
	return hidden;
}

const struct stack_node *stack_next_shown(const struct stack_node *node)
{
	while (node != NULL && node->is_hidden)
		node = node->next;
	return node;
}

const struct stack_node *stack_shown_end(const struct stack_node *node)
{
	const struct stack_node *next = stack_next_shown(node->children);

	while (next != NULL && next->count == node->count && stack_next_shown(next->next) == NULL) {
		node = next;
		next = stack_next_shown(node->children);
	}
	return node;
}

const struct stack_node *stack_recursion_end(
	const struct stack_node *node, const struct stack_node *end, size_t *ret_times)
{
	*ret_times = 1;
	for (; node != end; ++*ret_times) {
		const struct stack_node *next = stack_next_shown(node->children);

		if (!stack_is_recursion(node->function, node->frame, next->function, next->frame))
			break;
		node = next;
	}
	return node;
}

size_t stack_hidden_depth(const struct stack_node *node)
{
	size_t depth = 0;

	for (const struct stack_node *child = node->children; child != NULL; child = child->next) {
		size_t below = child->is_hidden ? 1 + stack_hidden_depth(child) : 0;

		depth = depth > below ? depth : below;
	}
	return depth;
}

/* NODE needs its line to be distinguished from another child of the same parent. */
static bool is_ambiguous(const struct stack_node *parent, const struct stack_node *node)
{
	for (const struct stack_node *other = parent->children; other != NULL; other = other->next)
		if (other != node && strcmp(other->function, node->function) == 0)
			return true;
	return false;
}

static bool leads_to_program(const struct stack_node *node)
{
	for (const struct stack_node *child = node->children; child != NULL; child = child->next)
		if (child->part == STEP_PROGRAM)
			return true;
	return false;
}

/* Appends " (ring.c:20)", or the lines from the first to the last one. */
static void add_lines(struct text *text, const struct stack_node *node)
{
	if (node->first_line < node->last_line)
		text_printf(text, " (%s:%d-%d)", path_base(node->frame->file), node->first_line,
			node->last_line);
	else
		stack_line_add(text, node->frame);
}

/* Appends the function of Python that NODE is; of one that goes on in another, only its file, where
 * that is another one than the caller's. */
static void add_python(struct text *text, const struct stack_node *parent,
	const struct stack_node *node, bool with_line, int columns)
{
	const struct frame *frame = node->frame, *caller = parent->frame;

	short_name_fit(text, frame->function, columns);
	if (with_line)
		add_lines(text, node);
	else if (frame->file != NULL &&
		 (caller == NULL || !is_same_file(caller->file, frame->file)))
		text_printf(text, " (%s)", path_base(frame->file));
}

#define NAME_SIZE 1024

void stack_label_add(struct text *text, const struct stack_node *parent,
	const struct stack_node *node, int columns)
{
	char buffer[NAME_SIZE];
	struct text name;
	const struct frame *frame = node->frame;
	bool known = frame != NULL && node->has_line && node->part <= STEP_LIBRARY;
	bool ambiguous = known && is_ambiguous(parent, node);
	bool with_line = ambiguous || (known && !leads_to_program(node));

	if (frame != NULL && frame->kind == FRAME_PYTHON && frame->function != NULL) {
		add_python(text, parent, node, with_line, columns);
		return;
	}
	text_init(&name, buffer, sizeof buffer);
	short_name_add(&name, node->function);
	short_name_fit(text, buffer, columns);
	if (with_line && (ambiguous || frame->line > 0))
		add_lines(text, node);
}

int stacks_set(struct report *report, struct attempt *attempt)
{
	struct stack_steps steps = {.count = 0};
	int error = 0;

	FOR_EACH_RESULT (result, attempt) {
		error = stack_steps_set(report, result->ended, &steps);
		if (error < 0)
			break;
		if (steps.count == 0)
			continue;
		if (attempt->stacks == NULL) {
			attempt->stacks = report_alloc(report, sizeof *attempt->stacks);
			if (attempt->stacks != NULL)
				attempt->stacks->function = "";
		}
		if (attempt->stacks == NULL || !add_rank(report, attempt->stacks, result->rank) ||
			!add_steps(report, attempt->stacks, &steps, result->rank)) {
			error = -ENOMEM;
			break;
		}
	}
	stack_steps_release(&steps);
	if (error == 0 && attempt->stacks != NULL) {
		hide(attempt->stacks);
		stack_tree_sort(attempt, attempt->stacks);
	}
	return error;
}
