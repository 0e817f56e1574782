/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_digits.h - the decimal digits of a double, exact to the last bit, rounded half to even as
 * Python rounds them.
 *
 * Private to core/logging. Signal-safe: yes, neither libm nor stdio. Threads: any.
 */
#pragma once

#include "core/base/text.h"

/* More than 2^70 has in front of the point, and PRECISION_MOST behind it. */
#define DIGITS_MOST 80

/* 0.DIGITS * 10^point, without a sign; no digits: zero. */
struct digits {
	char digits[DIGITS_MOST];
	int count, point;
};

/* VALUE (0 or more, below 2^70) with PLACES behind the point, or with COUNT digits from the first
 * that is not 0. */
void digits_by_places(struct digits *digits, double value, int places);
void digits_by_count(struct digits *digits, double value, int count);

/* Append "123.40" with PLACES behind the point, "1.2e+09" with COUNT digits; BARE_POINT: a point
 * also where nothing follows. MARK is 'e' or 'E'. */
void digits_add_fixed(struct text *text, const struct digits *digits, int places, bool bare_point);
void digits_add_exponent(
	struct text *text, const struct digits *digits, int count, bool bare_point, char mark);
