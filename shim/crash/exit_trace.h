/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_trace.h - the stack of a rank that exits with a status other than 0.
 *
 * Of ranks alone, as everywhere else such an exit is an answer (`grep`, `test`) and would cost a
 * tracer each; and not of a shell or of a program that only runs another one, whose stack says
 * nothing. It is taken in a tracer, and reported in the process by emit_send(): handlers that a
 * crash passes by get it. Nothing is taken where main returns, nor of a Python that has finalised
 * itself: its native stack is the interpreter's, and `sys.exit(3)` is reported as its status.
 * Signal-safe: yes. Threads: the one that claimed the termination, whose stack it is.
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
