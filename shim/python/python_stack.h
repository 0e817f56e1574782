/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_stack.h - the Python stacks of a program that dies.
 *
 * The function behind faulthandler writes them, which takes no lock and allocates nothing. It runs
 * in a tracer nevertheless. CPython exports it up to 3.8, in 3.11 and in 3.12; for 3.9, 3.10 and
 * 3.13 python_walk.c reads the interpreter's memory. Nothing is prepared while the program runs.
 * Signal-safe: yes. Threads: the one that reports the termination.
 */
#pragma once

#include "core/events/event.h"

#include <stdbool.h>

/* Whether this program has an interpreter whose stacks can be had. */
bool python_stack_is_there(void);

/* Take the stacks, within MILLISECONDS. IS_OWN says whether the event is about the calling thread,
 * whose stack is left out otherwise. Returns the tracer's outcome; TRACE_NONE: nothing ran. */
enum trace_outcome python_stack_take(bool is_own, int milliseconds);

/*
 * Put the stacks into EVENT, whose frames are the native ones: Python's frames before those, and
 * the text of the dump. May be called again for the same event, and changes nothing where no stacks
 * were taken.
 */
void python_stack_fill(struct event *event);
