/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_stacks.h - what the tests of stacks share: a stack that ends in a null dereference three
 * calls deep, and what must hold of a trace that is whole.
 */
#pragma once

#include "tests/support/cmocka.h"
#include "tests/support/trace_victim.h"

#include <search.h>

static int *volatile bad = (int *)8;
static volatile int log_file;

#define assert_function(trace, index, name)                                 \
	do {                                                                \
		assert_true((index) < (trace)->count);                      \
		assert_non_null((trace)->frames[index].function);           \
		assert_string_equal((trace)->frames[index].function, name); \
	} while (0)

static inline void assert_whole(const struct trace *trace)
{
	assert_non_null(trace);
	assert_string_equal(trace->stop, "end of stack");
	assert_non_null(frame_of(trace, "main"));
	assert_function(trace, trace->count - 1, "_start");
	assert_false(trace->truncated);
}

/* A null dereference, three calls deep. */

NOINLINE static void inner_most(void)
{
	log_file = *bad;
	log_file++;
}

NOINLINE static void middle(void)
{
	inner_most();
	log_file++;
}

NOINLINE static void outer_most(void)
{
	middle();
	log_file++;
}

/* Through the C library: by lfind(), which no sanitizer puts its own function before. */

NOINLINE static int compare(const void *a, const void *b)
{
	(void)a, (void)b;
	inner_most();
	return log_file++;
}

NOINLINE static void searches(void)
{
	int numbers[] = {3, 1, 2};
	size_t count = 3;

	log_file = lfind(numbers, numbers, &count, sizeof *numbers, compare) != NULL;
}
