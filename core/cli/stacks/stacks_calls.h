/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_calls.h - how often living processes have called functions, as text: which ranks are
 * behind the others, then a line for each function.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/stacks/stacks_set.h"

#include <stdio.h>

/* Write the counts of the processes of SET to TO; nothing where nothing is counted. Returns 0 or
 * -ENOMEM. */
int stacks_calls_print(FILE *to, const struct stacks_set *set);
