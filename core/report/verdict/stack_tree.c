/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/stack_tree.h"

#include <stdlib.h>

static int compare_ranks(const void *one, const void *other)
{
	int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;

	return (a > b) - (a < b);
}

bool stack_has_rank(const struct stack_node *node, int64_t rank)
{
	return node->count > 0 &&
	       bsearch(&rank, node->ranks, node->count, sizeof rank, compare_ranks) != NULL;
}

bool stack_has_candidate(const struct attempt *attempt, const struct stack_node *node)
{
	for (size_t i = 0; attempt->has_root && i < attempt->candidate_count; i++)
		if (stack_has_rank(node, attempt->candidates[i].rank))
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

/* Takes the second half off LIST, of two nodes at least. */
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

size_t stack_chain_length(const struct stack_node *node, const struct stack_node *end)
{
	size_t length = 1;

	for (; node != end; node = node->children)
		length++;
	return length;
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
