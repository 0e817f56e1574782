/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_output.h - what this program said last, as far as it can be known without a hand in its
 * output.
 *
 * Where standard output and error lead to regular files, their places and offsets are noted, and
 * `vigil report` reads what lies before these; of a pipe or a terminal its number is noted, by
 * which the report finds what the launcher has read from it (forwarded.h). What stdio still holds
 * of standard output is read from the stream's memory: only what is still to be written, since how
 * much of the rest was the last is not known.
 *
 * Programs such as coreutils' close both streams in their last exit handler before ours: where they
 * lead to is noted then.
 *
 * Of interpreters, R has a function that returns the address of a static buffer with the text of
 * its last error and does nothing else: it is called when R exits. Perl's $@ and Julia's exception
 * are not read: Perl has freed its interpreter when exit() is called, Julia's belongs to a task,
 * and both print their text to standard error.
 *
 * Nothing is done where the setting `output` is false. Signal-safe: all but own_output_begin().
 */
#pragma once

#include "core/events/event.h"

/* Constructor only. PROGRAM is the base name of the executable. */
void own_output_begin(const char *program);

/* The program closes STREAM, of libc's: if it is standard output or error, where that leads to is
 * noted. Leaves errno as it is. */
void own_output_before_close(void *stream);

/* Fill in where the output of EVENT's process, which goes on, leads to, if it leads a rank. */
void own_output_note(struct event *event);

/* Fill in the same and what is left in memory, of EVENT, a failure. Threads: the one that claimed
 * the termination, or its tracer. */
void own_output_fill(struct event *event);
