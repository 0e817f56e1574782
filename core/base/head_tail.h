/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head_tail.h - a bounded text of lines that keeps its head and its tail, and leaves out the
 * middle.
 *
 * A text that is too long loses whole lines, if it has any, and gets a line "..." in their place.
 * The tail is twice as long as the head. Signal-safe: yes. Threads: one at a time per text.
 */
#pragma once

#include <stddef.h>

struct head_tail {
	char *data;
	size_t head, room; /* the most bytes of the head, and of the tail */
	size_t total;	   /* bytes that were added */
};

/* Make CUT empty, in BUFFER of SIZE (at least 32) bytes, which the caller keeps alive. BUFFER is no
 * string before head_tail_end(). */
void head_tail_init(struct head_tail *cut, char *buffer, size_t size);

/* Append COUNT bytes. A NUL, which would end the string, becomes "\x00". */
void head_tail_add_n(struct head_tail *cut, const char *bytes, size_t count);

/* Append a string. */
void head_tail_add(struct head_tail *cut, const char *string);

/* Make the buffer a string; nothing may be added afterwards. */
void head_tail_end(struct head_tail *cut);
