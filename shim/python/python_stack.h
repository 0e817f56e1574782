/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_stack.h - the Python stacks of a program that dies.
 *
 * They are read from the interpreter's memory (core/trace/python_frames.h), in a tracer, whatever
 * the version and whoever holds the interpreter's lock. Nothing is prepared while the program runs.
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
 * their text; or why there are none. May be called again for the same event, and changes nothing
 * where no stacks were taken.
 */
void python_stack_fill(struct event *event);
