/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number.h - ASCII characters and numbers from text, without a locale.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether C is an ASCII digit. */
static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether C is an ASCII letter. */
static inline bool is_alpha(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Whether C may be part of a name: a letter, a digit, '_', or a byte of a character that is not
 * ASCII. */
static inline bool is_word(char c)
{
	return is_alpha(c) || is_digit(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The value of C as a hexadecimal digit, in either case, and so of any smaller base; 99 if C is no
 * digit. */
static inline unsigned digit_value(char c)
{
	if (is_digit(c))
		return (unsigned)(c - '0');
	c |= 32;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 99;
}

/* The number that *AT begins with, of at most MOST digits (SIZE_MAX: all); moves *AT behind them.
 * 0, and *AT as it was, if there is no digit; INT32_MAX for a greater number. */
int32_t number_take(const char **at, size_t most);

/*
 * The whole of STRING as a decimal number: an optional '-', then digits, nothing before or after.
 * Returns false and leaves *RET_NUMBER as it was for anything else and for a number that an int64_t
 * cannot hold.
 */
bool number_parse(const char *string, int64_t *ret_number);

/* The number that STRING begins with; 0 if there is none. For files whose format is known. */
int64_t number_prefix(const char *string);

/* The hexadecimal number, without a prefix, that *AT begins with; moves *AT behind the number and
 * the one byte that follows it. */
uint64_t number_take_hex(const char **at);
