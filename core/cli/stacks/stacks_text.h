/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_text.h - the stacks of living processes as text: threads with equal stacks together, the
 * fewest first.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/stacks/stacks_set.h"

#include <stdio.h>

/* Write SET to TO. Returns 0 or -ENOMEM. */
int stacks_text_print(FILE *to, const struct stacks_set *set);
