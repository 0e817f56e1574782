/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_text.h - where a process stood when it terminated, for people: its stack, and, as far as
 * the event has them, its registers and the stacks of its other threads.
 *
 * Signal-safe: no. Threads: a FILE's.
 */
#pragma once

#include "core/report/render/page.h"

/* Write the stacks that the termination of PROCESS has; nothing where PROCESS is NULL or has not
 * terminated. */
void stack_print(struct page *page, const struct process *process);

/* How many lines at the beginning of END's trace another language wrote; those behind them are
 * native frames and other threads, which are in the event, too. */
size_t stack_foreign_lines(const struct termination *end);
