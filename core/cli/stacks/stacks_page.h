/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_page.h - the stacks of living processes as a page for a browser, in the look of the
 * report's, which needs no other file and no script.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/stacks/stacks_set.h"

#include <stdio.h>

/* Write SET to TO. SUBJECT: what was looked at, "vigil-7f3a1c". MISSING: COUNT lines that say what
 * is not shown. Returns 0 or -ENOMEM. */
int stacks_page_print(FILE *to, const struct stacks_set *set, const char *subject,
	const char *const *missing, size_t count);
