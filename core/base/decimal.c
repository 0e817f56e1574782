/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/decimal.h"

#include "core/base/number.h"
#include "core/base/order.h"

#include <string.h>

#define MANTISSA_BITS 53
#define EXPONENT_LEAST (-1074) /* of the smallest double, a mantissa of 1 */
#define EXPONENT_FIELD_MOST 2047
#define EXPONENT_READ_MOST 100000000
#define FRACTION_MASK ((UINT64_C(1) << (MANTISSA_BITS - 1)) - 1)

#define SHIFT_MOST 60	 /* bits per step: ten times a number of this width fits into 64 bits */
#define SHIFT_DIGITS 20	 /* additional leading digits after a shift to the left */
#define SHORTEST_MOST 17 /* digits are enough to read back every double */

/* Drops digits beyond the room for them, and zeros at the end. */
static void trim(struct decimal *decimal)
{
	for (; decimal->count > DECIMAL_DIGITS_MOST; decimal->count--)
		decimal->more |= decimal->digits[decimal->count - 1] != 0;
	while (decimal->count > 0 && decimal->digits[decimal->count - 1] == 0)
		decimal->count--;
}

/* Appends a digit; zeros before the first digit move the point instead. */
static void append(struct decimal *decimal, unsigned digit)
{
	if (decimal->count == 0 && digit == 0)
		decimal->point--;
	else if (decimal->count < DECIMAL_DIGITS_MOST)
		decimal->digits[decimal->count++] = (uint8_t)digit;
	else
		decimal->more |= digit != 0;
}

/* Long division in place: each digit is written at or before the digit that was read last. */
static void divide_by_power_of_2(struct decimal *decimal, int bits)
{
	uint64_t rest = 0;
	int count = decimal->count;

	decimal->count = 0;
	for (int i = 0; i < count || rest != 0; i++) {
		rest = rest * 10 + (i < count ? decimal->digits[i] : 0);
		append(decimal, (unsigned)(rest >> bits));
		rest &= (UINT64_C(1) << bits) - 1;
	}
	trim(decimal);
}

static void multiply_by_power_of_2(struct decimal *decimal, int bits)
{
	uint64_t carry = 0;
	int at = decimal->count + SHIFT_DIGITS, more;

	for (int i = decimal->count - 1; i >= 0 || carry != 0; i--) {
		carry += i < 0 ? 0 : (uint64_t)decimal->digits[i] << bits;
		decimal->digits[--at] = (uint8_t)(carry % 10);
		carry /= 10;
	}
	more = SHIFT_DIGITS - at;
	memmove(decimal->digits, decimal->digits + at, (size_t)(decimal->count + more));
	decimal->count += more;
	decimal->point += more;
	trim(decimal);
}

/* Multiplies DECIMAL by two to the power of BITS, which may be negative. */
static void shift(struct decimal *decimal, int bits)
{
	while (decimal->count > 0 && bits != 0) {
		int step = bits > SHIFT_MOST ? SHIFT_MOST : bits < -SHIFT_MOST ? -SHIFT_MOST : bits;

		if (step > 0)
			multiply_by_power_of_2(decimal, step);
		else
			divide_by_power_of_2(decimal, -step);
		bits -= step;
	}
}

static unsigned digit_at(const struct decimal *decimal, int at)
{
	return at < 0 || at >= decimal->count ? 0 : decimal->digits[at];
}

/* The whole part of a number below 10¹⁹. */
static uint64_t whole_part(const struct decimal *decimal)
{
	uint64_t whole = 0;

	for (int i = 0; i < decimal->point; i++)
		whole = whole * 10 + digit_at(decimal, i);
	return whole;
}

/* Whether rounding to COUNT digits goes up; ties go to the even digit. */
static bool rounds_up(const struct decimal *decimal, int count)
{
	unsigned next = count < 0 ? 0 : digit_at(decimal, count);

	if (next != 5)
		return next > 5;
	return count + 1 < decimal->count || decimal->more || digit_at(decimal, count - 1) % 2 == 1;
}

/* By how many bits to shift DECIMAL so that its whole part approaches the width of a mantissa
 * without exceeding it: three bits are less than a digit. 0: the whole part has that width. */
static int bits_missing(const struct decimal *decimal)
{
	if (decimal->point > 18)
		return -3 * (decimal->point - 18);
	if (decimal->point < 15)
		return 3 * (15 - decimal->point);
	return MANTISSA_BITS - (64 - __builtin_clzll(whole_part(decimal)));
}

/* Sets *RET_NUMBER to MANTISSA times two to the power of EXPONENT; false if that is too large for a
 * double. */
static bool compose(uint64_t mantissa, int exponent, double *ret_number)
{
	uint64_t bits = mantissa, hidden = FRACTION_MASK + 1;

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
	memcpy(ret_number, &bits, sizeof bits);
	return true;
}

/* Sets *RET_NUMBER to the double nearest to DECIMAL, which is changed; false if DECIMAL is too
 * large. */
static bool to_double(struct decimal *decimal, double *ret_number)
{
	int exponent = 0;

	if (decimal->count == 0 || decimal->point < -330)
		return compose(0, 0, ret_number);
	if (decimal->point > 310)
		return false;
	for (;;) {
		int bits = bits_missing(decimal);

		if (exponent - bits < EXPONENT_LEAST)
			bits = exponent - EXPONENT_LEAST;
		if (bits == 0)
			break;
		shift(decimal, bits);
		exponent -= bits;
	}
	return compose(
		whole_part(decimal) + rounds_up(decimal, decimal->point), exponent, ret_number);
}

void decimal_of(struct decimal *ret_decimal, double number)
{
	uint64_t image, mantissa;
	char digits[24];
	struct text text;
	int field;

	memcpy(&image, &number, sizeof image);
	field = (int)(image >> (MANTISSA_BITS - 1)) & EXPONENT_FIELD_MOST;
	mantissa = (image & FRACTION_MASK) | (field == 0 ? 0 : FRACTION_MASK + 1);
	text_init(&text, digits, sizeof digits);
	text_u64(&text, mantissa);
	ret_decimal->count = 0;
	ret_decimal->more = false;
	ret_decimal->point = mantissa == 0 ? 1 : (int)text.length;
	for (size_t i = 0; i < text.length; i++)
		append(ret_decimal, (unsigned)(digits[i] - '0'));
	trim(ret_decimal);
	shift(ret_decimal, (field == 0 ? 1 : field) - 1 + EXPONENT_LEAST);
}

/* Copies the first COUNT digits of FROM to RET, with the last of them one higher if UP. */
static void take(const struct decimal *from, int count, bool up, struct decimal *ret)
{
	if (count > from->count)
		count = from->count;
	if (count < 0)
		count = 0;
	memmove(ret->digits, from->digits, (size_t)count);
	ret->count = count;
	ret->point = from->point;
	ret->more = false;
	if (!up) {
		trim(ret);
		return;
	}
	while (ret->count > 0 && ret->digits[ret->count - 1] == 9)
		ret->count--;
	if (ret->count > 0) {
		ret->digits[ret->count - 1]++;
	} else {
		ret->digits[ret->count++] = 1;
		ret->point++;
	}
}

void decimal_round(struct decimal *decimal, int count)
{
	take(decimal, count, rounds_up(decimal, count), decimal);
}

/*
 * Sets *RET_DECIMAL to EXACT, the digits of NUMBER, rounded to COUNT digits, and returns whether
 * that is read back as NUMBER. Tries the nearer neighbour, then the upper one: below a power of
 * two, doubles lie twice as close as above it, so that the nearer neighbour may be read back as
 * another double while the upper one is read back as NUMBER.
 */
static bool reads_back(
	const struct decimal *exact, int count, double number, struct decimal *ret_decimal)
{
	for (bool up = rounds_up(exact, count);; up = true) {
		struct decimal copy;
		double again;

		take(exact, count, up, ret_decimal);
		take(exact, count, up, &copy);
		if (to_double(&copy, &again) && again == number)
			return true;
		if (up)
			return false;
	}
}

void decimal_shortest(struct decimal *ret_decimal, double number)
{
	struct decimal exact;
	size_t count;

	decimal_of(&exact, number);
	count = LOWER_BOUND(i, SHORTEST_MOST, !reads_back(&exact, (int)i, number, ret_decimal));
	reads_back(&exact, (int)count, number, ret_decimal);
}

void decimal_add_fixed(
	struct text *text, const struct decimal *decimal, int places, bool bare_point)
{
	int point = decimal->count == 0 ? 0 : decimal->point;

	if (point <= 0)
		text_char(text, '0');
	for (int i = 0; i < point; i++)
		text_char(text, (char)('0' + digit_at(decimal, i)));
	if (places > 0 || bare_point)
		text_char(text, '.');
	for (int i = 0; i < places; i++)
		text_char(text, (char)('0' + digit_at(decimal, point + i)));
}

void decimal_add_exponent(
	struct text *text, const struct decimal *decimal, int count, bool bare_point, char mark)
{
	int exponent = decimal->count == 0 ? 0 : decimal->point - 1;

	for (int i = 0; i < count; i++) {
		text_char(text, (char)('0' + digit_at(decimal, i)));
		if (i == 0 && (count > 1 || bare_point))
			text_char(text, '.');
	}
	text_printf(text, "%c%c%02d", mark, exponent < 0 ? '-' : '+',
		exponent < 0 ? -exponent : exponent);
}

/* Appends the digits at *AT to DECIMAL; MOVES_POINT: the digits stand before the decimal point.
 * False when there are none. */
static bool read_digits(const char **at, struct decimal *decimal, bool moves_point)
{
	const char *start = *at;

	for (; is_digit(**at); (*at)++) {
		append(decimal, (unsigned)(**at - '0'));
		decimal->point += moves_point;
	}
	return *at > start;
}

static bool read_sign(const char **at)
{
	bool negative = **at == '-';

	*at += negative || **at == '+';
	return negative;
}

static bool read_exponent(const char **at, struct decimal *decimal)
{
	const char *digits;
	int32_t exponent;
	bool negative;

	if (**at != 'e' && **at != 'E')
		return true;
	(*at)++;
	negative = read_sign(at);
	digits = *at;
	exponent = number_take(at, SIZE_MAX);
	if (exponent > EXPONENT_READ_MOST)
		exponent = EXPONENT_READ_MOST;
	decimal->point += negative ? -exponent : exponent;
	return *at > digits;
}

bool decimal_parse(const char *string, double *ret_number)
{
	struct decimal decimal = {.count = 0};
	const char *at = string;
	bool negative = read_sign(&at), any = read_digits(&at, &decimal, true);
	double number;

	if (*at == '.') {
		at++;
		any |= read_digits(&at, &decimal, false);
	}
	if (!any || !read_exponent(&at, &decimal) || *at != '\0')
		return false;
	trim(&decimal);
	if (!to_double(&decimal, &number))
		return false;
	*ret_number = negative ? -number : number;
	return true;
}
