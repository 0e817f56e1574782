/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_tree.h - walking the merged stacks: in which order, and what of it is one step.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/*
 * Sorts the children of NODE, one of ATTEMPT's merged stacks, and theirs: first those in which a
 * candidate stood, then those of the fewest ranks, which are the ones to look at.
 */
void stack_tree_sort(const struct attempt *attempt, struct stack_node *node);

/*
 * The last of the functions that NODE's ranks went through together, each calling the next and no
 * other; NODE itself where they part at once.
 */
const struct stack_node *stack_chain_end(const struct stack_node *node);

/* How many functions that are, both ends included. */
size_t stack_chain_length(const struct stack_node *node, const struct stack_node *end);

/* Of NODE's ranks, the index of the last of those that follow the one at AT without a gap. */
size_t stack_range_end(const struct stack_node *node, size_t at);

/* RANK stood in NODE. */
bool stack_has_rank(const struct stack_node *node, int64_t rank);

/* A candidate of ATTEMPT stood in NODE. */
bool stack_has_candidate(const struct attempt *attempt, const struct stack_node *node);

/*
 * CHILD of PARENT is the way of a few, while more than twice as many went one other way together:
 * in a hang they are those that the others wait for.
 */
bool stack_is_outlier(const struct stack_node *parent, const struct stack_node *child);
