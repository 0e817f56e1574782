/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decimal.h - floating-point numbers as decimal digits, exact to the last one: from text to the
 * nearest double, and from a double to text.
 *
 * strtod(3) and printf(3) look at the locale, and glibc's allocate. Every double has finitely many
 * decimal digits, at most 767 that count; all of them are computed, so that rounding is correct.
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"

#define DECIMAL_DIGITS_MOST 800

/* 0.d₀d₁d₂… times ten to the power of POINT. Neither the first digit nor the last is 0; without
 * digits the number is 0. */
struct decimal {
	uint8_t digits[DECIMAL_DIGITS_MOST + 20]; /* 0 to 9; the last twenty are work space */
	int count, point;
	bool more; /* further digits, not all 0, were left out */
};

/*
 * The whole of STRING as the nearest double: an optional sign, digits with a point among them or
 * none, and an exponent such as "e-7" or none. Returns false and leaves *RET_NUMBER as it was for
 * anything else and for a number too large for a double.
 */
bool decimal_parse(const char *string, double *ret_number);

/* All digits of NUMBER, which is finite, without its sign. */
void decimal_of(struct decimal *ret_decimal, double number);

/* The fewest digits that decimal_parse() reads back as NUMBER, which is finite and not negative. If
 * several decimals have that many digits, the one nearest to NUMBER. */
void decimal_shortest(struct decimal *ret_decimal, double number);

/* Round DECIMAL to its first COUNT digits, ties to even. A negative COUNT, for a position before
 * the first digit, leaves 0. */
void decimal_round(struct decimal *decimal, int count);

/*
 * Append DECIMAL as "123.40" with PLACES digits behind the point, or as "1.2e+09" with COUNT digits
 * and MARK, 'e' or 'E', before the exponent; digits that DECIMAL does not have are 0. BARE_POINT
 * writes the point even if no digit follows.
 */
void decimal_add_fixed(
	struct text *text, const struct decimal *decimal, int places, bool bare_point);
void decimal_add_exponent(
	struct text *text, const struct decimal *decimal, int count, bool bare_point, char mark);
