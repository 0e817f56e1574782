/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_text.h - where a process stood at its end, for people: its stack, and as far as they were
 * reported its registers and the stacks of its other threads.
 *
 * Signal-safe: no. Threads: a FILE's.
 */
#pragma once

#include "core/report/render/page.h"

/* Write what the end of PROCESS reports it; nothing where it is NULL, or has no end. */
void stack_print(struct page *page, const struct process *process);

/* How many lines of END's trace another language wrote, from the first on; what comes after them,
 * native frames and other threads, are in the event. */
size_t stack_foreign_lines(const struct termination *end);
