/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_text.h - the stack of a process at its termination, for people, with the registers and the
 * stacks of other threads that the event has.
 *
 * Signal-safe: no. Threads: a FILE's.
 */
#pragma once

#include "core/report/render/page.h"

/* Writes the stacks of PROCESS's termination; nothing where PROCESS is NULL or has not terminated.
 */
void stack_print(struct page *page, const struct process *process);

/* How many lines at the beginning of END's trace are another language's traceback. The lines behind
 * them are native frames and other threads, which the event has as such, too. */
size_t stack_foreign_lines(const struct termination *end);
