/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_tree.h - the stacks of all ranks of an attempt, merged into one tree (by stacks_set() of
 * verdict.h): which ranks were in the same functions, and which elsewhere.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Sorts the children of NODE, one of ATTEMPT's merged stacks, and all nodes below: first those in
 * which a candidate was, then those of the fewest ranks. These are the ones to look at. */
void stack_tree_sort(const struct attempt *attempt, struct stack_node *node);

/* The last node of the chain that begins with NODE, in which each function calls one and the same
 * next function in all of NODE's ranks; NODE itself where the ranks differ at once. */
const struct stack_node *stack_chain_end(const struct stack_node *node);

/* The index of the last rank in the range without gaps that begins at index AT of NODE's ranks. */
size_t stack_range_end(const struct stack_node *node, size_t at);

/* A candidate of ATTEMPT was in the function of NODE. */
bool stack_has_candidate(const struct attempt *attempt, const struct stack_node *node);

/* CHILD of PARENT has less than half the ranks of another child: in a hang the few ranks are those
 * for which the others wait. */
bool stack_is_outlier(const struct stack_node *parent, const struct stack_node *child);
