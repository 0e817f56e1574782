/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - reading UTF-8 that may be damaged.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xFFFDu

/* Whether BYTE is a continuation byte of a sequence. */
static inline bool utf8_continues(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

/*
 * Read the code point at BYTES, of which COUNT (at least 1) may be read. Returns how many bytes the
 * code point takes, at least 1. If no well-formed sequence begins at BYTES, *RET_POINT is
 * UTF8_REPLACEMENT, of 1 byte: overlong forms, surrogates and points above U+10FFFF are not
 * well-formed (Unicode 15, table 3-7).
 */
size_t utf8_read(const char *bytes, size_t count, uint32_t *ret_point);

/* How many of the COUNT bytes remain when they are cut to at most MOST without cutting a
 * well-formed sequence in two. */
size_t utf8_cut(const char *bytes, size_t count, size_t most);

/* TEXT is a line of 1 to MOST bytes: well-formed, and without control characters of ASCII. */
bool utf8_is_line(const char *text, size_t most);
