/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/format_number.h"

#include "core/base/decimal.h"
#include "core/base/python_text.h"
#include "core/base/utf8.h"

#include <string.h>

/* Room for the longest number without padding: 2^63 in binary, or 22 digits, a point and
 * PRECISION_MOST digits. */
#define BODY_SIZE 160

static int64_t power_of_10(unsigned exponent)
{
	int64_t power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

/* How many digits to print for a whole part of HAVE digits; WITH_ZEROS: as many as, with their
 * separators, fill ROOM. */
static size_t whole_digits(size_t have, size_t room, size_t group, bool with_zeros)
{
	while (with_zeros && have + (group == 0 ? 0 : (have - 1) / group) < room)
		have++;
	return have;
}

/* Appends COUNT digits: zeros, then the LENGTH digits at DIGITS; MARK separates groups of GROUP
 * digits. */
static void add_grouped(
	struct text *text, const char *digits, size_t length, size_t count, size_t group, char mark)
{
	for (size_t left = count; left > 0; left--) {
		text_char(text, left > length ? '0' : digits[length - left]);
		if (group > 0 && left > 1 && (left - 1) % group == 0)
			text_char(text, mark);
	}
}

/* The conversions of integers that are not decimal. */
static const struct base {
	char kind;
	unsigned base;
	const char *prefix; /* of the alternate form */
} bases[] = {{'b', 2, "0b"}, {'o', 8, "0o"}, {'x', 16, "0x"}, {'X', 16, "0X"}};

/* The base of conversion KIND; NULL: decimal. */
static const struct base *base_of(char kind)
{
	for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
		if (bases[i].kind == kind)
			return &bases[i];
	return NULL;
}

static void pad(struct text *text, const char *fill, size_t count)
{
	while (count-- > 0)
		text_add(text, fill);
}

/* Appends the sign, the prefix and BODY, padded on one side or behind the prefix. */
static void add_padded(
	struct text *text, const struct conversion *how, bool negative, const char *body)
{
	const struct base *base = base_of(how->kind);
	const char *prefix = how->alternate && base != NULL ? base->prefix : "";
	const char *sign = negative ? "-" : how->plus ? "+" : how->blank ? " " : "";
	const char *fill = how->fill[0] == '\0' ? "0" : how->fill;
	size_t head = strlen(sign) + strlen(prefix);
	size_t whole = base != NULL ? strlen(body) : strspn(body, "0123456789");
	size_t rest = strlen(body) - whole, width = how->width > 0 ? (size_t)how->width : 0;
	size_t group = how->group == 0 ? 0 : base != NULL ? 4 : 3;
	bool inside = how->zero && !how->left;
	size_t room = width > head + rest ? width - head - rest : 0;
	size_t count = whole == 0 ? 0 : whole_digits(whole, room, group, inside && *fill == '0');
	size_t length = head + count + (group > 0 && count > 0 ? (count - 1) / group : 0) + rest;
	size_t padding = width > length ? width - length : 0;

	if (!how->left && !inside)
		pad(text, " ", padding);
	text_add(text, sign);
	text_add(text, prefix);
	if (inside)
		pad(text, fill, padding);
	add_grouped(text, body, whole, count, group, how->group);
	text_add(text, body + whole);
	if (how->left)
		pad(text, " ", padding);
}

static void whole(struct text *text, uint64_t value, const struct conversion *how)
{
	const char *alphabet = how->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	const struct base *other = base_of(how->kind);
	unsigned base = other == NULL ? 10 : other->base;
	char digits[64], *at = digits + sizeof digits;
	int count = 0;

	do {
		*--at = alphabet[value % base];
		value /= base;
		count++;
	} while (value != 0);
	for (; count < how->precision; count++)
		text_char(text, '0');
	text_add_n(text, at, (size_t)(digits + sizeof digits - at));
}

/* Appends VALUE as "g" does: PRECISION digits in the shorter form. DOT_0: a point is followed by at
 * least one digit. */
static void add_general(
	struct text *text, const struct conversion *how, double value, int precision, bool dot_0)
{
	int count = precision == 0 ? 1 : precision, point, used = count;
	struct decimal decimal;

	decimal_of(&decimal, value);
	decimal_round(&decimal, count);
	point = decimal.count == 0 ? 1 : decimal.point;
	if (!how->alternate)
		used = decimal.count == 0 ? 1 : decimal.count;
	if (point <= -4 || point > count - dot_0)
		decimal_add_exponent(
			text, &decimal, used, how->alternate, how->kind == 'G' ? 'E' : 'e');
	else
		decimal_add_fixed(
			text, &decimal, used > point ? used - point : dot_0, how->alternate);
}

double number_to_double(struct number number)
{
	return (double)number.value / (double)power_of_10(number.scale);
}

/* Appends the digits of a float, without its sign, by one of "eEfFgGn%"; 'r' is Python's repr(). */
static void add_float(struct text *text, const struct conversion *how, struct number number)
{
	double value = __builtin_fabs(number_to_double(number));
	int precision = how->precision < 0 ? 6 : how->precision;
	struct decimal decimal;

	decimal_of(&decimal, how->kind == '%' ? value * 100 : value);
	switch (how->kind) {
	case 'e':
	case 'E':
		decimal_round(&decimal, precision + 1);
		decimal_add_exponent(text, &decimal, precision + 1, how->alternate, how->kind);
		return;
	case 'f':
	case 'F':
	case '%':
		decimal_round(&decimal, decimal.point + precision);
		decimal_add_fixed(text, &decimal, precision, how->alternate);
		if (how->kind == '%')
			text_char(text, '%');
		return;
	case 'r':
		if (how->precision >= 0)
			add_general(text, how, value, precision, true);
		else
			python_float(text, value);
		return;
	default: add_general(text, how, value, precision, false);
	}
}

static void add_character(struct text *text, int64_t point)
{
	bool valid = point > 0 && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);

	text_point(text, valid ? (uint32_t)point : UTF8_REPLACEMENT);
}

void format_number(struct text *text, const struct conversion *how, struct number number)
{
	bool negative = number.value < 0;
	char buffer[BODY_SIZE];
	struct text body;
	int64_t value;

	text_init(&body, buffer, sizeof buffer);
	if (strchr("eEfFgGr%", how->kind) != NULL || (how->kind == 'n' && number.scale > 0)) {
		add_float(&body, how, number);
	} else {
		value = number.value / power_of_10(number.scale);
		negative = value < 0 && how->kind != 'c';
		if (how->kind == 'c')
			add_character(&body, value);
		else
			whole(&body, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, how);
	}
	add_padded(text, how, negative, buffer);
}
