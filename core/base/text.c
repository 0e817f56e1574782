/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/text.h"

#include "core/base/number.h"

#include <string.h>

void text_init(struct text *text, char *buffer, size_t size)
{
	*text = (struct text){.data = buffer, .size = size};
	text->data[0] = '\0';
}

void text_reset(struct text *text, size_t length)
{
	text->length = length;
	text->truncated = false;
	text->left_out = 0;
	text->data[length] = '\0';
}

void text_add_n(struct text *text, const char *bytes, size_t count)
{
	size_t room = text->size - 1 - text->length;

	if (count > room) {
		text->left_out += count - room;
		count = room;
		text->truncated = true;
	}
	memcpy(text->data + text->length, bytes, count);
	text->length += count;
	text->data[text->length] = '\0';
}

void text_char(struct text *text, char c)
{
	if (text->length + 1 >= text->size) {
		text->truncated = true;
		text->left_out++;
		return;
	}
	text->data[text->length++] = c;
	text->data[text->length] = '\0';
}

void text_point(struct text *text, uint32_t point)
{
	if (point < 0x80) {
		text_char(text, (char)point);
		return;
	}
	if (point < 0x800) {
		text_char(text, (char)(0xC0 | point >> 6));
	} else if (point < 0x10000) {
		text_char(text, (char)(0xE0 | point >> 12));
		text_char(text, (char)(0x80 | (point >> 6 & 0x3F)));
	} else {
		text_char(text, (char)(0xF0 | point >> 18));
		text_char(text, (char)(0x80 | (point >> 12 & 0x3F)));
		text_char(text, (char)(0x80 | (point >> 6 & 0x3F)));
	}
	text_char(text, (char)(0x80 | (point & 0x3F)));
}

#define DIGITS_SIZE 24

/* 00 to 99. */
static const char pairs[] = "0001020304050607080910111213141516171819"
			    "2021222324252627282930313233343536373839"
			    "4041424344454647484950515253545556575859"
			    "6061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

/* Both write the digits of VALUE to the end of DIGITS, and return where they begin. Decimal ones by
 * pairs: most numbers are times. */
static char *decimal(char digits[DIGITS_SIZE], uint64_t value)
{
	char *at = digits + DIGITS_SIZE;

	for (; value >= 10; value /= 100) {
		at -= 2;
		memcpy(at, pairs + value % 100 * 2, 2);
	}
	if (value > 0 || at == digits + DIGITS_SIZE)
		*--at = (char)('0' + value);
	return at;
}

static char *hexadecimal(char digits[DIGITS_SIZE], uint64_t value, const char *alphabet)
{
	char *at = digits + DIGITS_SIZE;

	do {
		*--at = alphabet[value % 16];
		value /= 16;
	} while (value != 0);
	return at;
}

void text_u64(struct text *text, uint64_t value)
{
	char digits[DIGITS_SIZE];
	char *at = decimal(digits, value);

	text_add_n(text, at, (size_t)(digits + DIGITS_SIZE - at));
}

void text_i64(struct text *text, int64_t value)
{
	if (value < 0)
		text_char(text, '-');
	text_u64(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void text_hex(struct text *text, uint64_t value)
{
	char digits[DIGITS_SIZE];
	char *at = hexadecimal(digits, value, "0123456789abcdef");

	text_add_n(text, at, (size_t)(digits + DIGITS_SIZE - at));
}

/* One conversion of a format. */
struct conversion {
	bool left, zero;
	int width, precision; /* precision -1: none given */
	int longs;	      /* 0 int, 1 long or size_t, 2 long long */
	char kind;
};

static int number_or_star(const char **at, va_list *arguments)
{
	if (**at != '*')
		return number_take(at, SIZE_MAX);
	(*at)++;
	return va_arg(*arguments, int);
}

/* Reads the conversion after the '%' at AT; returns behind it. */
static const char *read_conversion(const char *at, struct conversion *ret, va_list *arguments)
{
	*ret = (struct conversion){.precision = -1};
	for (; *at == '-' || *at == '0'; at++) {
		ret->left |= *at == '-';
		ret->zero |= *at == '0';
	}
	ret->width = number_or_star(&at, arguments);
	if (ret->width < 0) { /* by a '*': in C, a negative width means the flag '-' */
		ret->left = true;
		ret->width = -ret->width;
	}
	if (*at == '.') {
		at++;
		ret->precision = number_or_star(&at, arguments);
	}
	for (; *at == 'l' || *at == 'z'; at++)
		ret->longs++;
	ret->kind = *at;
	return *at == '\0' ? at : at + 1;
}

static void add_padded(
	struct text *text, const struct conversion *how, const char *bytes, size_t count)
{
	size_t width = how->width > 0 ? (size_t)how->width : 0;
	size_t padding = width > count ? width - count : 0;

	for (size_t i = 0; !how->left && i < padding; i++)
		text_char(text, how->zero ? '0' : ' ');
	text_add_n(text, bytes, count);
	for (size_t i = 0; how->left && i < padding; i++)
		text_char(text, ' ');
}

static void add_signed(struct text *text, struct conversion *how, int64_t value)
{
	char digits[DIGITS_SIZE];
	char *at = decimal(digits, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);

	if (value < 0 && how->zero) {
		text_char(text, '-');
		how->width--;
	} else if (value < 0) {
		*--at = '-';
	}
	add_padded(text, how, at, (size_t)(digits + DIGITS_SIZE - at));
}

static void add_unsigned(struct text *text, const struct conversion *how, uint64_t value)
{
	char digits[DIGITS_SIZE];
	char *at = how->kind == 'u'   ? decimal(digits, value)
		   : how->kind == 'X' ? hexadecimal(digits, value, "0123456789ABCDEF")
				      : hexadecimal(digits, value, "0123456789abcdef");

	add_padded(text, how, at, (size_t)(digits + DIGITS_SIZE - at));
}

/* As glibc prints it, but for NULL, which is 0x0. */
static void add_pointer(struct text *text, const struct conversion *how, const void *pointer)
{
	char buffer[32];
	struct text number;

	text_init(&number, buffer, sizeof buffer);
	text_add(&number, "0x");
	text_hex(&number, (uint64_t)(uintptr_t)pointer);
	add_padded(text, how, buffer, number.length);
}

static void add_string(struct text *text, const struct conversion *how, const char *string)
{
	size_t count;

	if (string == NULL)
		string = "(null)";
	count = how->precision < 0 ? strlen(string) : strnlen(string, (size_t)how->precision);
	add_padded(text, how, string, count);
}

static void add_conversion(struct text *text, struct conversion *how, va_list *arguments)
{
	char c;

	switch (how->kind) {
	case 'd':
	case 'i':
		add_signed(text, how,
			how->longs == 0 ? va_arg(*arguments, int) : va_arg(*arguments, int64_t));
		break;
	case 'u':
	case 'x':
	case 'X':
		add_unsigned(text, how,
			how->longs == 0 ? va_arg(*arguments, unsigned)
					: va_arg(*arguments, uint64_t));
		break;
	case 'p': add_pointer(text, how, va_arg(*arguments, void *)); break;
	case 's': add_string(text, how, va_arg(*arguments, const char *)); break;
	case 'c':
		c = (char)va_arg(*arguments, int);
		add_padded(text, how, &c, 1);
		break;
	default: text_char(text, how->kind);
	}
}

void text_vprintf(struct text *text, const char *format, va_list arguments)
{
	struct conversion how;
	va_list list;

	va_copy(list, arguments);
	while (*format != '\0') {
		const char *mark = strchr(format, '%');

		if (mark == NULL) {
			text_add(text, format);
			break;
		}
		text_add_n(text, format, (size_t)(mark - format));
		format = read_conversion(mark + 1, &how, &list);
		add_conversion(text, &how, &list);
	}
	va_end(list);
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(text, format, arguments);
	va_end(arguments);
}

bool text_format(char *buffer, size_t size, const char *format, ...)
{
	struct text text;
	va_list arguments;

	text_init(&text, buffer, size);
	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	return !text.truncated;
}
