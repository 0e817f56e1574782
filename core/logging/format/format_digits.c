/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/format_digits.h"

#include <string.h>

typedef unsigned __int128 wide;

#define FRACTION_BITS_MOST 120 /* ten times that fits */

/* A double as whole + fraction / 2^bits. */
struct parts {
	wide whole, fraction;
	int bits;
};

static struct parts split(double value)
{
	uint64_t image, mantissa;
	int exponent;

	memcpy(&image, &value, sizeof image);
	exponent = (int)(image >> 52 & 0x7ff) - 1075;
	mantissa = (image & (((uint64_t)1 << 52) - 1)) | (uint64_t)1 << 52;
	if (value == 0 || exponent < -FRACTION_BITS_MOST)
		return (struct parts){0};
	if (exponent >= 0)
		return (struct parts){.whole = (wide)mantissa << exponent};
	return (struct parts){
		.whole = exponent <= -64 ? 0 : mantissa >> -exponent,
		.fraction = mantissa & (((wide)1 << -exponent) - 1),
		.bits = -exponent,
	};
}

/* NUMBER / 10, and the rest: by halves of 32 bits, as the compiler would call a library for it. */
static wide divide_by_10(wide number, unsigned *ret_rest)
{
	wide quotient = 0;
	uint64_t rest = 0;

	for (int shift = 96; shift >= 0; shift -= 32) {
		uint64_t part = rest << 32 | (uint32_t)(number >> shift);

		quotient |= (wide)(part / 10) << shift;
		rest = part % 10;
	}
	*ret_rest = (unsigned)rest;
	return quotient;
}

static void take_whole(struct digits *digits, wide whole)
{
	char reversed[DIGITS_MOST];
	unsigned rest;
	int count = 0;

	for (; whole != 0; count++) {
		whole = divide_by_10(whole, &rest);
		reversed[count] = (char)('0' + rest);
	}
	digits->count = digits->point = count;
	for (int i = 0; i < count; i++)
		digits->digits[i] = reversed[count - 1 - i];
}

static unsigned next_digit(struct parts *parts)
{
	unsigned digit;

	parts->fraction *= 10;
	digit = (unsigned)(parts->fraction >> parts->bits);
	parts->fraction &= ((wide)1 << parts->bits) - 1;
	return digit;
}

/* Leading zeros behind the point are no digits. */
static void skip_zeros(struct digits *digits, struct parts *parts)
{
	unsigned digit = 0;

	if (digits->count > 0 || parts->fraction == 0)
		return;
	for (digits->point = 1; digit == 0; digits->point--)
		digit = next_digit(parts);
	digits->digits[digits->count++] = (char)('0' + digit);
}

/* One more in the last of COUNT places; returns whether that made a place more in front. */
static bool increment(struct digits *digits)
{
	int at = digits->count - 1;

	while (at >= 0 && digits->digits[at] == '9')
		digits->digits[at--] = '0';
	if (at >= 0) {
		digits->digits[at]++;
		return false;
	}
	memmove(digits->digits + 1, digits->digits, (size_t)digits->count);
	digits->digits[0] = '1';
	digits->count++;
	digits->point++;
	return true;
}

/* Cuts DIGITS, which go on behind their end if MORE, to WANTED ones; returns as increment(). */
static bool round_to(struct digits *digits, int wanted, bool more)
{
	char first = digits->digits[wanted];
	bool odd = wanted > 0 && digits->digits[wanted - 1] % 2 == 1;

	for (int i = wanted + 1; i < digits->count; i++)
		more |= digits->digits[i] != '0';
	digits->count = wanted;
	return (first > '5' || (first == '5' && (more || odd))) && increment(digits);
}

static void fill(struct digits *digits, struct parts *parts, int wanted, bool by_count)
{
	if (wanted < 0) {
		digits->count = 0;
		return;
	}
	while (digits->count <= wanted && parts->fraction != 0)
		digits->digits[digits->count++] = (char)('0' + next_digit(parts));
	if (digits->count > wanted && round_to(digits, wanted, parts->fraction != 0) && by_count)
		digits->count--;
}

void digits_by_places(struct digits *digits, double value, int places)
{
	struct parts parts = split(value);

	take_whole(digits, parts.whole);
	skip_zeros(digits, &parts);
	fill(digits, &parts, digits->point + places, false);
}

void digits_by_count(struct digits *digits, double value, int count)
{
	struct parts parts = split(value);

	take_whole(digits, parts.whole);
	skip_zeros(digits, &parts);
	fill(digits, &parts, count, true);
}

static char digit_at(const struct digits *digits, int at)
{
	return at < 0 || at >= digits->count ? '0' : digits->digits[at];
}

void digits_add_fixed(struct text *text, const struct digits *digits, int places, bool bare_point)
{
	int point = digits->count == 0 ? 0 : digits->point;

	if (point <= 0)
		text_char(text, '0');
	for (int i = 0; i < point; i++)
		text_char(text, digit_at(digits, i));
	if (places > 0 || bare_point)
		text_char(text, '.');
	for (int i = 0; i < places; i++)
		text_char(text, digit_at(digits, point + i));
}

void digits_add_exponent(
	struct text *text, const struct digits *digits, int count, bool bare_point, char mark)
{
	int exponent = digits->count == 0 ? 0 : digits->point - 1;

	text_char(text, digit_at(digits, 0));
	if (count > 1 || bare_point)
		text_char(text, '.');
	for (int i = 1; i < count; i++)
		text_char(text, digit_at(digits, i));
	text_printf(text, "%c%c%02d", mark, exponent < 0 ? '-' : '+',
		exponent < 0 ? -exponent : exponent);
}
