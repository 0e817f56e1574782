/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_graph.h - the stacks of living processes as one tree, in the form of vigil report --dot: a
 * graph for Graphviz and stat-view.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/stacks/stacks_set.h"

#include <stdio.h>

/* Write the stacks of all threads of SET to TO; what an edge has are ranks, or the pids of
 * processes that are none. Returns 0 or -ENOMEM. */
int stacks_graph_print(FILE *to, const struct stacks_set *set);
