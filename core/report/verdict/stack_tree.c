/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/stack_tree.h"
#include "core/report/verdict/verdict.h"

#include "core/base/order.h"
#include "core/base/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RANKS_AT_FIRST 4

/* How many of the outermost and of the innermost frames of a language, Python or others, are in the
 * tree: readers of JSON refuse deeper nesting. An endless recursion shows in fewer. */
#define OUTER_MOST 60
#define INNER_MOST 40

/* The name that distinguishes the function of FRAME from others. Many functions of Python have the
 * same name, `forward`, in different files. A frame without a name is named by its module and
 * offset, which are the same in every rank; addresses are not. */
static const char *name_of(struct report *report, const struct frame *frame)
{
	if (frame->kind == FRAME_PYTHON && frame->function != NULL && frame->file != NULL)
		return report_say(
			report, "%.400s (%.400s)", frame->function, path_base(frame->file));
	if (frame->function != NULL)
		return frame->function;
	if (frame->module == NULL)
		return "?";
	return report_say(
		report, "%.900s+0x%lx", frame->module->path, (unsigned long)frame->offset);
}

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

/* The child of PARENT for FUNCTION, made if there is none; NULL: out of memory. It is moved to the
 * front: the next rank was likely in it, too. */
static struct stack_node *child_for(
	struct report *report, struct stack_node *parent, const char *function)
{
	struct stack_node **link = &parent->children, *node;

	while (*link != NULL && strcmp((*link)->function, function) != 0)
		link = &(*link)->next;
	node = *link;
	if (node != NULL) {
		*link = node->next;
	} else {
		node = report_alloc(report, sizeof *node);
		if (node == NULL)
			return NULL;
		node->function = function;
	}
	node->next = parent->children;
	parent->children = node;
	return node;
}

static bool is_elsewhere(const struct frame *one, const struct frame *other)
{
	if (one == other)
		return false;
	if (one->line != other->line || one->offset != other->offset)
		return true;
	return one->file != other->file &&
	       (one->file == NULL || other->file == NULL || strcmp(one->file, other->file) != 0);
}

static void note_frame(struct stack_node *node, const struct frame *frame)
{
	if (node->frame == NULL)
		node->frame = frame;
	else
		node->varied |= is_elsewhere(node->frame, frame);
}

static size_t count_frames(const struct event *event, bool python)
{
	size_t count = 0;

	for (size_t i = 0; i < event->frame_count; i++)
		count += (event->frames[i].kind == FRAME_PYTHON) == python;
	return count;
}

/* Adds the frames of one language below NODE, the outermost first. Returns the node of the
 * innermost; NULL: out of memory. */
static struct stack_node *add_frames(struct report *report, struct stack_node *node,
	const struct event *event, bool python, int64_t rank)
{
	size_t count = count_frames(event, python), at = 0;

	for (size_t i = event->frame_count; i-- > 0;) {
		const struct frame *frame = &event->frames[i];

		if ((frame->kind == FRAME_PYTHON) != python)
			continue;
		at++;
		if (at > OUTER_MOST && at + INNER_MOST <= count)
			continue;
		node = child_for(report, node, name_of(report, frame));
		if (node == NULL || !add_rank(report, node, rank))
			return NULL;
		note_frame(node, frame);
	}
	return node;
}

/* Adds the stack of RESULT, Python's frames first: they say more than the interpreter's own, which
 * are the same everywhere. */
static bool add_stack(
	struct report *report, struct stack_node *root, const struct rank_result *result)
{
	const struct event *event = &result->stood->event;
	struct stack_node *node = root;

	if (!add_rank(report, root, result->rank))
		return false;
	node = add_frames(report, node, event, true, result->rank);
	return node != NULL && add_frames(report, node, event, false, result->rank) != NULL;
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

const struct stack_node *stack_chain_end(const struct stack_node *node)
{
	while (node->children != NULL && node->children->next == NULL &&
		node->children->count == node->count)
		node = node->children;
	return node;
}

size_t stack_range_end(const struct stack_node *node, size_t at)
{
	while (at + 1 < node->count && node->ranks[at + 1] == node->ranks[at] + 1)
		at++;
	return at;
}

bool stack_is_outlier(const struct stack_node *parent, const struct stack_node *child)
{
	for (const struct stack_node *other = parent->children; other != NULL; other = other->next)
		if (child->count * 2 < other->count)
			return true;
	return false;
}

int stacks_set(struct report *report, struct attempt *attempt)
{
	FOR_EACH_RESULT (result, attempt) {
		if (result->stood == NULL || result->stood->event.frame_count == 0)
			continue;
		if (attempt->stacks == NULL)
			attempt->stacks = report_alloc(report, sizeof *attempt->stacks);
		if (attempt->stacks == NULL || !add_stack(report, attempt->stacks, result))
			return -ENOMEM;
		attempt->stacks->function = "";
	}
	if (attempt->stacks != NULL)
		stack_tree_sort(attempt, attempt->stacks);
	return 0;
}
