/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/dumps/pickle_text.h"

#include "core/base/number.h"
#include "core/base/text.h"

#include <string.h>

/* The number of COUNT digits of BASE at LINE, which has LEFT bytes; -1: they are not there. */
static int64_t digits(const char *line, size_t left, size_t count, unsigned base)
{
	int64_t number = 0;

	if (left < count)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (digit_value(line[i]) >= base)
			return -1;
		number = number * base + digit_value(line[i]);
	}
	return number;
}

/* What "\C" stands for; 0: it is no escape of one letter. */
static char escaped(char c)
{
	static const char letters[] = "abfnrtv\\'\"", meant[] = "\a\b\f\n\r\t\v\\'\"";
	const char *found = c == '\0' ? NULL : strchr(letters, c);

	return found == NULL ? '\0' : meant[found - letters];
}

/* Appends what the escape at LINE, behind its backslash, stands for. Returns how many of the LEFT
 * bytes it takes; 0: it is none. */
static size_t add_escape(struct text *text, const char *line, size_t left)
{
	int64_t number;

	if (left > 0 && escaped(line[0]) != '\0') {
		text_char(text, escaped(line[0]));
		return 1;
	}
	number = left > 0 && line[0] == 'x' ? digits(line + 1, left - 1, 2, 16) : -1;
	if (number >= 0) {
		text_char(text, (char)number);
		return 3;
	}
	for (size_t count = 3; count > 0; count--) {
		number = digits(line, left, count, 8);
		if (number >= 0) {
			text_char(text, (char)number);
			return count;
		}
	}
	return 0;
}

struct dump_value *pickle_string(struct dump_memory *memory, const char *line, size_t count)
{
	char *buffer = dump_alloc(memory, count + 1);
	struct text text;

	if (buffer == NULL)
		return NULL;
	if (count >= 2 && (line[0] == '\'' || line[0] == '"') && line[count - 1] == line[0]) {
		line++;
		count -= 2;
	}
	text_init(&text, buffer, count + 1);
	for (size_t i = 0; i < count; i++) {
		size_t taken = line[i] == '\\' ? add_escape(&text, line + i + 1, count - i - 1) : 0;

		if (taken == 0)
			text_char(&text, line[i]);
		i += taken;
	}
	return dump_string_new(memory, text.data, text.length);
}

struct dump_value *pickle_unicode(struct dump_memory *memory, const char *line, size_t count)
{
	char *buffer = dump_alloc(memory, 2 * count + 1);
	struct text text;

	if (buffer == NULL)
		return NULL;
	text_init(&text, buffer, 2 * count + 1);
	for (size_t i = 0; i < count; i++) {
		size_t left = count - i, size = 0;
		int64_t point = -1;

		if (left > 1 && line[i] == '\\' && (line[i + 1] == 'u' || line[i + 1] == 'U')) {
			size = line[i + 1] == 'u' ? 4 : 8;
			point = digits(line + i + 2, left - 2, size, 16);
		}
		if (point >= 0 && point <= 0x10ffff) {
			text_point(&text, (uint32_t)point);
			i += size + 1;
		} else {
			text_point(&text, (unsigned char)line[i]);
		}
	}
	return dump_string_new(memory, text.data, text.length);
}
