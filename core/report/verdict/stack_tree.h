/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_tree.h - the stacks of all ranks of an attempt in one tree (verdict.h: stacks_set()): where
 * they stood together, and who stood elsewhere.
 *
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/model.h"

/* Sorts the children of NODE, one of ATTEMPT's merged stacks, and theirs: first those in which a
 * candidate stood, then those of the fewest ranks. These are the ones to look at. */
void stack_tree_sort(const struct attempt *attempt, struct stack_node *node);

/*
 * The last of the functions that NODE's ranks went through together, each calling the next and no
 * other; NODE itself where they part at once.
 */
const struct stack_node *stack_chain_end(const struct stack_node *node);

/* The number of functions from NODE to END, both included. */
size_t stack_chain_length(const struct stack_node *node, const struct stack_node *end);

/* The index of the last rank of NODE in the range without gaps that begins at index AT. */
size_t stack_range_end(const struct stack_node *node, size_t at);

/* RANK stood in NODE. */
bool stack_has_rank(const struct stack_node *node, int64_t rank);

/* A candidate of ATTEMPT stood in NODE. */
bool stack_has_candidate(const struct attempt *attempt, const struct stack_node *node);

/* CHILD of PARENT has few ranks, and another child more than twice as many: in a hang the few are
 * those for which the others wait. */
bool stack_is_outlier(const struct stack_node *parent, const struct stack_node *child);
