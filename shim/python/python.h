/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python.h - the exception that ends a Python program, from plain C.
 *
 * The interpreter's symbols are weak references: in a program without Python they are NULL and all
 * of this is inert. An audit hook (PEP 578) sees `sys.excepthook`, which CPython raises for an
 * exception that nobody caught, before it prints it. Signal-safe: python_exception_pending() and
 * _fill(). Threads: any.
 */
#pragma once

#include "core/events/event.h"

#include <stdbool.h>

/* Constructor only. */
void python_begin(void);

/* Whether this process has an interpreter that runs: not before its start nor in its end. */
bool python_is_running(void);

/* Whether an uncaught exception was seen in this process. */
bool python_exception_pending(void);

/* Whether it is what STATUS, an exit status, reports: CPython exits with 1 then, or with 120.
 * *RET_AT is when it was seen. */
bool python_exception_ended(int status, struct instant *ret_at);

/* Fill EVENT's cause, exception and foreign_trace. Only while an exception is pending. */
void python_exception_fill(struct event *event);
