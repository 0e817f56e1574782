/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/decimal.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A double has no more than 767 digits that decide how it is rounded. */
#define DIGITS_MOST 1200

#define MANTISSA_BITS 53
#define EXPONENT_LEAST (-1074) /* of the smallest double, a mantissa of 1 */
#define EXPONENT_FIELD_MOST 2047

/* 0.d₀d₁d₂… times ten to the power of POINT; the first digit and the last are not zero. */
struct decimal {
	uint8_t digits[DIGITS_MOST];
	int count, point;
	bool more; /* digits that are not zero follow, which were left out */
};

static void trim(struct decimal *decimal)
{
	int zeros = 0;

	while (zeros < decimal->count && decimal->digits[zeros] == 0)
		zeros++;
	decimal->count -= zeros;
	decimal->point -= zeros;
	memmove(decimal->digits, decimal->digits + zeros, (size_t)decimal->count);
	while (decimal->count > 0 && decimal->digits[decimal->count - 1] == 0)
		decimal->count--;
}

static void append(struct decimal *decimal, uint8_t digit)
{
	if (decimal->count < DIGITS_MOST)
		decimal->digits[decimal->count++] = digit;
	else
		decimal->more |= digit != 0;
}

static void halve(struct decimal *decimal)
{
	int rest = 0;

	for (int i = 0; i < decimal->count; i++) {
		int value = rest * 10 + decimal->digits[i];

		decimal->digits[i] = (uint8_t)(value / 2);
		rest = value % 2;
	}
	if (rest != 0)
		append(decimal, 5);
	trim(decimal);
}

static void twice(struct decimal *decimal)
{
	int carry = 0;

	for (int i = decimal->count - 1; i >= 0; i--) {
		int value = decimal->digits[i] * 2 + carry;

		decimal->digits[i] = (uint8_t)(value % 10);
		carry = value / 10;
	}
	if (carry != 0) {
		uint8_t last = decimal->digits[DIGITS_MOST - 1];

		decimal->more |= decimal->count == DIGITS_MOST && last != 0;
		decimal->count -= decimal->count == DIGITS_MOST;
		memmove(decimal->digits + 1, decimal->digits, (size_t)decimal->count);
		decimal->digits[0] = (uint8_t)carry;
		decimal->count++;
		decimal->point++;
	}
	trim(decimal);
}

/* Of a number below 10¹⁹. */
static uint64_t whole_part(const struct decimal *decimal)
{
	uint64_t whole = 0;

	for (int i = 0; i < decimal->point; i++)
		whole = whole * 10 + (i < decimal->count ? decimal->digits[i] : 0);
	return whole;
}

/* Whether the number is nearer to the next whole one; from the middle, to the even one. */
static bool rounds_up(const struct decimal *decimal, uint64_t whole)
{
	int at = decimal->point;

	if (at < 0 || at >= decimal->count)
		return false;
	if (decimal->digits[at] != 5)
		return decimal->digits[at] > 5;
	return at + 1 < decimal->count || decimal->more || whole % 2 == 1;
}

/* The number is MANTISSA times two to the power of EXPONENT. */
static bool compose(uint64_t mantissa, int exponent, bool negative, double *ret_number)
{
	uint64_t bits = mantissa, hidden = UINT64_C(1) << (MANTISSA_BITS - 1);

	if (mantissa == hidden * 2) {
		mantissa = hidden;
		exponent++;
	}
	if (mantissa >= hidden) {
		int field = exponent - EXPONENT_LEAST + 1;

		if (field >= EXPONENT_FIELD_MOST)
			return false;
		bits = (mantissa - hidden) | (uint64_t)field << (MANTISSA_BITS - 1);
	}
	bits |= (uint64_t)negative << 63;
	memcpy(ret_number, &bits, sizeof bits);
	return true;
}

static bool to_double(struct decimal *decimal, bool negative, double *ret_number)
{
	uint64_t least = UINT64_C(1) << (MANTISSA_BITS - 1);
	int exponent = 0;

	if (decimal->count == 0 || decimal->point < -330)
		return compose(0, 0, negative, ret_number);
	if (decimal->point > 310)
		return false;
	for (; decimal->point > 18 || whole_part(decimal) >= least * 2; exponent++)
		halve(decimal);
	for (; exponent > EXPONENT_LEAST && whole_part(decimal) < least; exponent--)
		twice(decimal);
	return compose(whole_part(decimal) + rounds_up(decimal, whole_part(decimal)), exponent,
		negative, ret_number);
}

/* The digits that *AT points to; POINT_MOVES: they stand before the decimal point. */
static size_t read_digits(const char **at, struct decimal *decimal, bool point_moves)
{
	size_t count = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++, count++) {
		append(decimal, (uint8_t)(**at - '0'));
		decimal->point += point_moves;
	}
	return count;
}

static bool read_sign(const char **at)
{
	bool negative = **at == '-';

	*at += negative || **at == '+';
	return negative;
}

static bool read_exponent(const char **at, struct decimal *decimal)
{
	int exponent = 0;
	const char *digits;
	bool negative;

	if (**at != 'e' && **at != 'E')
		return true;
	(*at)++;
	negative = read_sign(at);
	for (digits = *at; **at >= '0' && **at <= '9'; (*at)++)
		if (exponent < 1000000)
			exponent = exponent * 10 + **at - '0';
	decimal->point += negative ? -exponent : exponent;
	return *at > digits;
}

bool decimal_parse(const char *string, double *ret_number)
{
	struct decimal decimal = {.count = 0};
	const char *at = string;
	bool negative = read_sign(&at);
	size_t count = read_digits(&at, &decimal, true);

	if (*at == '.') {
		at++;
		count += read_digits(&at, &decimal, false);
	}
	if (count == 0 || !read_exponent(&at, &decimal) || *at != '\0')
		return false;
	trim(&decimal);
	return to_double(&decimal, negative, ret_number);
}
