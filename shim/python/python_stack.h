/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_stack.h - where the threads of a Python program stand while it dies.
 *
 * The interpreter itself says it, by the function that faulthandler calls in its signal handlers:
 * no lock, no memory, no Python code. It is called in the tracer all the same. CPython exports it
 * up to 3.8, in 3.11 and in 3.12; 3.9, 3.10 and 3.13 are read from outside (python_walk.h).
 * Signal-safe: yes. Threads: the one that reports the end.
 */
#pragma once

#include "core/events/event.h"

#include <stdbool.h>

/* Whether this program has an interpreter that can be asked. */
bool python_stack_is_there(void);

/* Ask the interpreter for the stacks, within MILLISECONDS; on the thread whose own stack comes
 * first, or is left out where IS_OWN is false: then the event is of another thread. Returns what
 * became of the tracer; TRACE_NONE: nobody was asked. */
enum trace_outcome python_stack_take(bool is_own, int milliseconds);

/*
 * Put what was said into EVENT, whose frames are the native ones: Python's before them, and both
 * texts. May be called again for the same event, and changes nothing when nothing was said.
 */
void python_stack_fill(struct event *event);
