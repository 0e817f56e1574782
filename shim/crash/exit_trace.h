/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_trace.h - the stack of a rank, or of the command of `vigil run`, that exits with a status
 * other than 0.
 *
 * Only these have it: elsewhere such an exit is often an answer (`grep`, `test`), not worth a
 * tracer. A shell, a launcher, or a program that only runs another one, has none, because its stack
 * says nothing. A tracer takes the stack; the process itself sends the event, so that handlers get
 * it which a crash passes by. No stack is taken if main returned, nor in a `python3` that has
 * finalised itself: the stack there is the interpreter's, and `sys.exit(3)` is reported by its
 * status. Where a thread other than the first exits, as MPI's does when the launcher is gone, the
 * first one's stack shows where the program was. Signal-safe: yes. Threads: the one that claimed
 * the termination, whose stack it is.
 */
#pragma once

#include "core/events/event.h"
#include "core/trace/registers.h"

/*
 * Put the stack at REGISTERS into EVENT, an exit, and Python's before it where an interpreter runs;
 * nothing where the settings or a filter of system calls forbid it. EVENT points to memory that
 * lasts until the next call.
 */
void exit_trace_fill(struct event *event, const struct trace_registers *registers);
