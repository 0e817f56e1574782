/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks_text.h - the stacks of living processes as text: threads with equal stacks together, the
 * fewest first.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/live/live_process.h"
#include "core/report/symbols/lines.h"

#include <stdio.h>

/* A thread of a process, with its stack's lines. */
struct shown_thread {
	const struct live_process *process;
	const struct live_thread *thread;
	const struct lines_stack *stack;
	int64_t rank; /* the process's; RANK_UNKNOWN: it is none */
};

/* Write the COUNT THREADS, which are put into another order, to TO. Returns 0 or -ENOMEM. */
int stacks_text_print(FILE *to, struct shown_thread *threads, size_t count);
