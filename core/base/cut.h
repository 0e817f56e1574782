/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cut.h - a bounded text of lines that keeps its beginning and its end, and leaves out the middle.
 *
 * What is too long loses whole lines, where there are any, and has a line "..." in their place.
 * The end is twice as long as the beginning. Signal-safe: yes. Threads: one at a time per text.
 */
#pragma once

#include <stddef.h>

struct cut {
	char *data;
	size_t head, room; /* bytes of the beginning at most, and of the end */
	size_t total;	   /* bytes that were added */
};

/* Make CUT empty, in BUFFER of SIZE (at least 32) bytes, which the caller keeps alive. It is no
 * string before cut_end(). */
void cut_init(struct cut *cut, char *buffer, size_t size);

/* Append COUNT bytes. A NUL, which would end the string, becomes "\x00". */
void cut_add_n(struct cut *cut, const char *bytes, size_t count);

/* Append a string. */
void cut_add(struct cut *cut, const char *string);

/* Nothing more is added: make the buffer a string. */
void cut_end(struct cut *cut);
