/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/escape.h"

#include "core/base/control.h"
#include "core/base/utf8.h"

#include <string.h>

/* The longest form is \U000e0001. */
#define FORM_SIZE 12

static bool is_steering(uint32_t point)
{
	return point != '\t' && point != '\n' && control_is(point);
}

/* \xNN stands for a byte, \uNNNN and \UNNNNNNNN for a character: U+0085 and a stray byte 0x85
 * differ. */
static size_t write_control(char form[FORM_SIZE], uint32_t value, bool byte)
{
	struct text text;

	text_init(&text, form, FORM_SIZE);
	if (value == '\r')
		text_add(&text, "\\r");
	else
		text_printf(&text,
			byte		  ? "\\x%02x"
			: value < 0x10000 ? "\\u%04x"
					  : "\\U%08x",
			value);
	return text.length;
}

static size_t write_newline(char form[FORM_SIZE], char c, unsigned flags)
{
	struct text text;

	text_init(&text, form, FORM_SIZE);
	if ((flags & ESCAPE_NEWLINE) != 0)
		text_printf(&text, "\\%c", c == '\n' ? 'n' : 'r');
	else if ((flags & ESCAPE_INDENT) != 0)
		text_add(&text, "\n" ESCAPE_INDENTATION);
	return text.length;
}

/* Writes the escaped form of the character at BYTES to FORM and its length to *RET_LENGTH; length
 * 0: the character needs no escape. Returns how many bytes the character has. */
static size_t form_of(
	const char *bytes, size_t count, unsigned flags, char form[FORM_SIZE], size_t *ret_length)
{
	bool newline = bytes[0] == '\n' || (bytes[0] == '\r' && (flags & ESCAPE_NEWLINE) != 0);
	bool damaged;
	uint32_t point;
	size_t read;

	*ret_length = 0;
	if (bytes[0] >= ' ' && bytes[0] < 0x7F && bytes[0] != '\\')
		return 1;
	read = utf8_read(bytes, count, &point);
	damaged = point == UTF8_REPLACEMENT && read == 1;
	if (newline)
		*ret_length = write_newline(form, bytes[0], flags);
	else if (point == '\\' && (flags & ESCAPE_BACKSLASH) != 0)
		*ret_length = sizeof "\\\\" - 1, memcpy(form, "\\\\", *ret_length);
	else if ((flags & ESCAPE_CONTROL) != 0 && (damaged || is_steering(point)))
		*ret_length = write_control(
			form, damaged ? (unsigned char)bytes[0] : point, damaged || point < 0x80);
	return read;
}

/* How many of the COUNT bytes fit in ROOM once they are escaped; *RET_LENGTH is their escaped
 * length. */
static size_t measure(
	const char *bytes, size_t count, unsigned flags, size_t room, size_t *ret_length)
{
	char form[FORM_SIZE];
	size_t at = 0, total = 0, read, length;

	for (; at < count; at += read) {
		read = form_of(bytes + at, count - at, flags, form, &length);
		length = length == 0 ? read : length;
		if (total + length > room)
			break;
		total += length;
	}
	*ret_length = total;
	return at;
}

/* Escapes COUNT bytes from FROM to TO. TO precedes FROM by the length that escaping adds, so that
 * no byte is overwritten before it is read. */
static void rewrite(char *to, const char *from, size_t count, unsigned flags)
{
	char form[FORM_SIZE];
	size_t read, length;

	for (; count > 0; from += read, count -= read) {
		read = form_of(from, count, flags, form, &length);
		memmove(to, length == 0 ? from : form, length == 0 ? read : length);
		to += length == 0 ? read : length;
	}
}

void escape_tail(struct text *text, size_t start, unsigned flags)
{
	char *tail = text->data + start;
	size_t count = text->length - start, room = text->size - 1 - start, kept, length;

	if (flags == 0)
		return;
	kept = measure(tail, count, flags, room, &length);
	text->truncated |= kept < count;
	if (length > kept) {
		memmove(tail + length - kept, tail, kept);
		rewrite(tail, tail + length - kept, kept, flags);
	}
	text->length = start + length;
	text->data[text->length] = '\0';
}
