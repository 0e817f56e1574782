/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/paint.h"

#include "core/base/color.h"
#include "core/base/control.h"
#include "core/base/utf8.h"

#include <string.h>
#include <unistd.h>

static const char *const styles[] = {
	[STYLE_PLAIN] = "",
	[STYLE_HEAD] = "\033[1m",
	[STYLE_CULPRIT] = "\033[1;31m",
	[STYLE_FAINT] = "\033[2m",
};
_Static_assert(sizeof styles / sizeof *styles == STYLE_COUNT_, "a style has no escape sequence");

bool paint_wanted(FILE *to)
{
	return color_wanted(color_where(environ), fileno(to));
}

/*
 * What is shown for the character at BYTES, and in how many columns; characters of two columns
 * count as one, which only makes a line longer than it should be. Returns how many bytes were read.
 */
static size_t show(const char *bytes, size_t count, char shown[40], int *ret_columns)
{
	uint32_t point;
	size_t read = utf8_read(bytes, count, &point);
	bool damaged = point == UTF8_REPLACEMENT && read == 1;

	if (bytes[0] == '\t') {
		strcpy(shown, "    ");
	} else if (damaged || control_is(point)) {
		for (size_t i = 0; i < read; i++)
			snprintf(shown + 4 * i, 5, "\\x%02x", (unsigned char)bytes[i]);
	} else {
		memcpy(shown, bytes, read);
		shown[read] = '\0';
		*ret_columns = 1;
		return read;
	}
	*ret_columns = (int)strlen(shown);
	return read;
}

static int width_of(const char *line, int most)
{
	size_t count = strlen(line);
	char shown[40];
	int width = 0, columns;

	for (size_t at = 0; at < count && width <= most; width += columns)
		at += show(line + at, count - at, shown, &columns);
	return width;
}

void paint_line(FILE *to, bool color, enum style style, const char *line, int columns)
{
	bool cut = width_of(line, columns) > columns;
	size_t count = strlen(line), at = 0;
	int width = 0, next;
	char shown[40];

	if (color)
		fputs(styles[style], to);
	while (at < count) {
		at += show(line + at, count - at, shown, &next);
		if (cut && width + next > columns - 1)
			break;
		fputs(shown, to);
		width += next;
	}
	if (cut)
		fputs("…", to);
	fputs(color && styles[style][0] != '\0' ? "\033[0m\n" : "\n", to);
}
