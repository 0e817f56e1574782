/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_tail.h - the end of what a process has printed, read from the file that it went to.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/events/event.h"

/*
 * Read what the program wrote before OUTPUT's offset in its file, or before the file's end where
 * the offset is not known, to BUFFER of EVENT_SAID_MAX + 1 bytes, made a string by
 * said_make_text(). Returns false where OUTPUT leads to no file, the file is not the one that it
 * was (another inode, or shorter), or has no text there.
 */
bool output_tail_read(const struct event_output *output, char *buffer);
