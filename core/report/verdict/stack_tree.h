/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_tree.h - the stacks of all ranks of an attempt, merged into one tree (by stacks_set() of
 * verdict.h): which ranks were in the same functions, and which elsewhere.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/base/text.h"
#include "core/report/verdict/model.h"

/* Sorts the children of NODE, one of ATTEMPT's merged stacks, and all nodes below: first those in
 * which a candidate was, then those of the fewest ranks. These are the ones to look at. */
void stack_tree_sort(const struct attempt *attempt, struct stack_node *node);

/* The index of the last rank in the range without gaps that begins at index AT of NODE's ranks. */
size_t stack_range_end(const struct stack_node *node, size_t at);

/* A candidate of ATTEMPT was in the function of NODE. */
bool stack_has_candidate(const struct attempt *attempt, const struct stack_node *node);

/* CHILD of PARENT, in the stacks of ATTEMPT, is to be looked at: a candidate is in it; or where
 * nobody failed first, only outliers are, and others went elsewhere. */
bool stack_stands_out(const struct attempt *attempt, const struct stack_node *parent,
	const struct stack_node *child);

/* NODE, or the first of those behind it in the list of children that is not hidden; NULL: none. */
const struct stack_node *stack_next_shown(const struct stack_node *node);

/* For each CHILD of PARENT that is not hidden. */
#define FOR_EACH_SHOWN(child, parent)                                                              \
	for (const struct stack_node *child = stack_next_shown((parent)->children); child != NULL; \
		child = stack_next_shown(child->next))

/* The last node of the chain that begins with NODE, in which each function calls one and the same
 * next function in all of NODE's ranks, but for hidden ones; NODE itself where the ranks differ at
 * once. */
const struct stack_node *stack_shown_end(const struct stack_node *node);

/* Of a function that calls itself, from NODE on, the last of these calls, at most END; and in
 * *RET_TIMES how many there are. */
const struct stack_node *stack_recursion_end(
	const struct stack_node *node, const struct stack_node *end, size_t *ret_times);

/* How many functions deep the hidden nodes below NODE go; 0: there are none. */
size_t stack_hidden_depth(const struct stack_node *node);

/* Appends the function of NODE, a child of PARENT, as a reader needs it: shortened, and with the
 * line where the program called what it waits in, or where ranks differ: "exchange (ring.c:20)".
 * The function takes COLUMNS at most. */
void stack_label_add(struct text *text, const struct stack_node *parent,
	const struct stack_node *node, int columns);
