/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - a bounded text that grows inside a buffer of the caller's.
 *
 * What does not fit is left out and sets `truncated`; the text is NUL-terminated at all times.
 * Nothing here allocates, locks, or uses the locale. Signal-safe: yes. Threads: one at a time per
 * text.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	char *data;
	size_t size;	 /* of the buffer, its last byte kept for the NUL */
	size_t length;	 /* without the NUL */
	bool truncated;	 /* something was left out */
	bool counts;	 /* set by a caller that needs an exact `left_out` */
	size_t left_out; /* how many bytes; without `counts` perhaps fewer */
};

/* Make TEXT empty, in BUFFER of SIZE (at least 1) bytes, which the caller keeps alive as long as
 * the text. */
void text_init(struct text *text, char *buffer, size_t size);

/* Cut TEXT back to LENGTH, an earlier length of it; clear `truncated` and `left_out`. */
void text_reset(struct text *text, size_t length);

/* What follows PREFIX, with which STRING begins; NULL if STRING does not begin with it. */
static inline const char *text_after(const char *string, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(string, prefix, length) == 0 ? string + length : NULL;
}

/* Append a byte, a string, COUNT bytes. */
void text_char(struct text *text, char c);
void text_add_n(struct text *text, const char *bytes, size_t count);
static inline void text_add(struct text *text, const char *string)
{
	text_add_n(text, string, strlen(string)); /* here, as most strings are literals */
}

/* Append a code point as UTF-8. */
void text_point(struct text *text, uint32_t point);

/* Append VALUE in decimal, or in lower-case hexadecimal without a prefix. */
void text_u64(struct text *text, uint64_t value);
void text_i64(struct text *text, int64_t value);
void text_hex(struct text *text, uint64_t value);

/*
 * Append by printf's conversions %s %c %d %i %u %x %X %p %%, with '-' and '0', width (also *),
 * precision for %s (also .*), and the lengths l, ll and z. Anything else is copied unchanged. A
 * NULL %s prints "(null)".
 */
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* snprintf() with text_printf()'s conversions. Returns false if something was left out. */
bool text_format(char *buffer, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
