/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - reading UTF-8 that may be damaged.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xFFFDu

/* Whether BYTE is one of a sequence, but not its first. */
static inline bool utf8_continues(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

/*
 * Read the code point at BYTES, of which COUNT (at least 1) may be read. Returns how many bytes it
 * takes, at least 1. *RET_POINT is UTF8_REPLACEMENT, for 1 byte, where no well-formed sequence
 * begins: overlong forms, surrogates and points above U+10FFFF are not well-formed (Unicode 15,
 * table 3-7).
 */
size_t utf8_read(const char *bytes, size_t count, uint32_t *ret_point);

/* How many of the COUNT bytes remain when they are cut to at most MOST and no well-formed sequence
 * is cut in two. */
size_t utf8_cut(const char *bytes, size_t count, size_t most);
