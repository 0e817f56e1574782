/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/python_text.h"

#include "core/base/decimal.h"
#include "core/base/utf8.h"

#include <stdbool.h>
#include <string.h>

/* Format, separator, surrogate and private characters, for which str.isprintable() is False. */
static bool is_printable(uint32_t point)
{
	static const struct {
		uint32_t from, to;
	} refused[] = {{0x00, 0x1F}, {0x7F, 0xA0}, {0xAD, 0xAD}, {0x600, 0x605}, {0x61C, 0x61C},
		{0x6DD, 0x6DD}, {0x70F, 0x70F}, {0x1680, 0x1680}, {0x180E, 0x180E},
		{0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000},
		{0xD800, 0xF8FF}, {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF},
		{0xE0000, 0xE00FF}, {0xF0000, 0x10FFFF}};

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (point >= refused[i].from && point <= refused[i].to)
			return false;
	return true;
}

static void add_escape(struct text *text, uint32_t point)
{
	if (point == '\n' || point == '\r' || point == '\t')
		text_printf(text, "\\%c", point == '\n' ? 'n' : point == '\r' ? 'r' : 't');
	else if (point < 0x100)
		text_printf(text, "\\x%02x", point);
	else if (point < 0x10000)
		text_printf(text, "\\u%04x", point);
	else
		text_printf(text, "\\U%08x", point);
}

void python_repr(struct text *text, const char *string)
{
	python_repr_n(text, string, strlen(string), false);
}

const char *python_quote(const char *string, char *buffer, size_t size)
{
	struct text text;

	text_init(&text, buffer, size);
	python_repr(&text, string);
	return buffer;
}

void python_repr_n(struct text *text, const char *string, size_t length, bool ascii)
{
	bool single = memchr(string, '\'', length) != NULL;
	char quote = single && memchr(string, '"', length) == NULL ? '"' : '\'';
	size_t count;
	uint32_t point;

	text_char(text, quote);
	for (size_t at = 0; at < length; at += count) {
		count = utf8_read(string + at, length - at, &point);
		if (point == UTF8_REPLACEMENT && count == 1)
			text_printf(text, "\\udc%02x", (unsigned char)string[at]);
		else if (!is_printable(point) || (ascii && point > 0x7F))
			add_escape(text, point);
		else if (point == '\\' || point == (unsigned char)quote)
			text_printf(text, "\\%c", (char)point);
		else
			text_add_n(text, string + at, count);
	}
	text_char(text, quote);
}

void python_float(struct text *text, double number)
{
	struct decimal decimal;
	int places;

	if (__builtin_isnan(number)) {
		text_add(text, "nan");
		return;
	}
	if (__builtin_signbit(number))
		text_char(text, '-');
	if (__builtin_isinf(number)) {
		text_add(text, "inf");
		return;
	}
	decimal_shortest(&decimal, __builtin_fabs(number));
	places = decimal.count - decimal.point;
	if (decimal.point > 16 || decimal.point < -3)
		decimal_add_exponent(text, &decimal, decimal.count, false, 'e');
	else
		decimal_add_fixed(text, &decimal, places < 1 ? 1 : places, false);
}
