/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format_number.h"

#include <string.h>

static int64_t power_of_10(unsigned exponent)
{
	int64_t power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

/* Sign, prefix and DIGITS, with zeros between prefix and digits or blanks around. */
static void add_digits(struct text *text, const struct conversion *how, bool negative,
	const char *prefix, const char *digits)
{
	const char *sign = negative ? "-" : how->plus ? "+" : how->blank ? " " : "";
	size_t length = strlen(sign) + strlen(prefix) + strlen(digits);
	size_t padding = (size_t)how->width > length ? (size_t)how->width - length : 0;
	bool zeros = how->zero && !how->left;

	for (size_t i = 0; !how->left && !zeros && i < padding; i++)
		text_char(text, ' ');
	text_add(text, sign);
	text_add(text, prefix);
	for (size_t i = 0; zeros && i < padding; i++)
		text_char(text, '0');
	text_add(text, digits);
	for (size_t i = 0; how->left && i < padding; i++)
		text_char(text, ' ');
}

/* NUMBER with PLACES behind the point, rounded half to even, without its sign. */
static void decimal(struct text *text, struct number number, int places)
{
	uint64_t value = number.value < 0 ? 0 - (uint64_t)number.value : (uint64_t)number.value;
	unsigned scale = number.scale;

	if ((unsigned)places < scale) {
		uint64_t divisor = (uint64_t)power_of_10(scale - (unsigned)places);
		uint64_t rest = value % divisor;

		value /= divisor;
		value += rest * 2 > divisor || (rest * 2 == divisor && value % 2 == 1);
		scale = (unsigned)places;
	}
	text_u64(text, value / (uint64_t)power_of_10(scale));
	if (places > 0)
		text_char(text, '.');
	if (scale > 0)
		text_printf(text, "%0*llu", (int)scale,
			(unsigned long long)(value % (uint64_t)power_of_10(scale)));
	for (int i = (int)scale; i < places; i++)
		text_char(text, '0');
}

void format_float_repr(struct text *text, struct number number)
{
	size_t start = text->length, dot;

	if (number.value < 0)
		text_char(text, '-');
	decimal(text, number, number.scale == 0 ? 1 : (int)number.scale);
	dot = text->length;
	while (dot > start + 2 && text->data[dot - 1] == '0' && text->data[dot - 2] != '.')
		dot--;
	text->data[dot] = '\0';
	text->length = dot;
}

static void whole(struct text *text, uint64_t value, const struct conversion *how)
{
	const char *alphabet = how->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned base = how->kind == 'o' ? 8 : how->kind == 'x' || how->kind == 'X' ? 16 : 10;
	char digits[24], *at = digits + sizeof digits;
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

static const char *prefix_of(const struct conversion *how)
{
	if (!how->alternate)
		return "";
	return how->kind == 'x' ? "0x" : how->kind == 'X' ? "0X" : how->kind == 'o' ? "0o" : "";
}

void format_number(struct text *text, const struct conversion *how, struct number number)
{
	bool negative = number.value < 0;
	char buffer[96];
	struct text digits;
	int64_t value;

	text_init(&digits, buffer, sizeof buffer);
	if (how->kind == 'f' || how->kind == 'F') {
		decimal(&digits, number, how->precision < 0 ? 6 : how->precision);
	} else {
		value = number.value / power_of_10(number.scale);
		negative = value < 0;
		whole(&digits, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, how);
	}
	add_digits(text, how, negative, prefix_of(how), buffer);
}
