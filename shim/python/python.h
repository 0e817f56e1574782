/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python.h - the exception that terminates a Python program, from plain C.
 *
 * The interpreter's functions are looked up by python_api.h: in a program without Python there are
 * none, and nothing here does anything. An audit hook (PEP 578) gets the event `sys.excepthook`,
 * which CPython raises for an uncaught exception before it prints it. By the time the process exits
 * the stack is empty, so the exception's traceback is what is reported, whatever the settings of
 * `trace`. Signal-safe: python_exception_pending() and _fill(). Threads: any.
 */
#pragma once

#include "core/events/event.h"

#include <stdbool.h>

/* Constructor only: if the program has an interpreter, add the audit hook. */
void python_begin(void);

/* Whether this process has an interpreter that is initialised and not finalised. */
bool python_is_running(void);

/* Whether an uncaught exception was seen in this process. */
bool python_exception_pending(void);

/* Whether the uncaught exception is the reason of STATUS, an exit status: CPython exits with 1
 * then, or with 120. *RET_AT is when it was seen. */
bool python_exception_ended(int status, struct instant *ret_at);

/* Fill in EVENT's cause, exception and foreign_trace. Only where python_exception_pending(). */
void python_exception_fill(struct event *event);
