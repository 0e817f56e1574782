/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_trace.h - where a rank stood that ended itself with a status other than 0.
 *
 * Only ranks pay for it: elsewhere a failing exit is what shells and build tools do all day long.
 * Signal-safe: yes. Threads: the one that claimed the end, which is the one whose stack it is.
 */
#pragma once

#include "core/events/event.h"
#include "core/trace/registers.h"

/*
 * Put the stack at REGISTERS into EVENT, which reports an exit, and Python's before it where an
 * interpreter is at work; nothing where the settings or a filter of system calls are against it.
 * What it points to lasts until the next call.
 */
void exit_trace_fill(struct event *event, const struct trace_registers *registers);
