/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number.h - numbers from text, without a locale.
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

/* What C is as a digit of base 16, in either case, and so of any smaller base; 99 where it is none.
 */
static inline unsigned digit_value(char c)
{
	if (is_digit(c))
		return (unsigned)(c - '0');
	c |= 32;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 99;
}

/*
 * The number made by the digits, at most MOST of them (SIZE_MAX: all), that *AT begins with; *AT
 * then stands behind them. 0, and *AT as it was, where there is none; INT32_MAX for what is
 * greater.
 */
int32_t number_take(const char **at, size_t most);

/*
 * The whole of STRING as a decimal number: an optional '-', then digits, nothing before or after.
 * Returns false, and *RET_NUMBER as it was, for anything else and for what an int64_t cannot hold.
 */
bool number_parse(const char *string, int64_t *ret_number);

/* The number that STRING begins with; 0 if it begins with none. For files whose form is known. */
int64_t number_prefix(const char *string);

/* The hexadecimal number, without a prefix, that *AT begins with; *AT then stands
 * behind it and the one byte after it. */
uint64_t number_take_hex(const char **at);
