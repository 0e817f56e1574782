/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python.h - the exception that terminates a Python program, from plain C.
 *
 * The interpreter's functions are looked up by python_api.h: in a program without Python there are
 * none, and nothing here does anything. An audit hook (PEP 578) gets the event `sys.excepthook`,
 * which CPython raises for an uncaught exception before it prints it. By the time the process exits
 * the stack is empty, so the exception's traceback is what is reported, whatever the settings of
 * `trace`. Signal-safe: all but python_begin(). Threads: any.
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

/* Whether that exception has ended the main program: the process cleans up, and exits. Such an
 * exception is reported at once, by an event RUNNING, as the process may be killed before it
 * exits. */
bool python_exception_is_final(void);

/*
 * Whether STATUS, which an interpreter's main has returned, is what its program gave sys.exit().
 * CPython calls exit() for that, or returns from main: older ones for modules, newer ones for all
 * programs. Otherwise main returns 0, unless nothing could be run, an exception was uncaught or
 * output could not be written.
 */
bool python_program_exited(int status);

/* Whether the uncaught exception is the reason of STATUS, an exit status: any but 0 where it is
 * final; otherwise 1, with which CPython exits then, or 120. *RET_AT is when it was seen. */
bool python_exception_ended(int status, struct instant *ret_at);

/* Fill in EVENT's cause, exception and foreign_trace, and the instant of an exception that is
 * final. Only where python_exception_pending(). */
void python_exception_fill(struct event *event);
