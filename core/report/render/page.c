/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/page.h"

#include "core/report/job/thresholds.h"

#include "core/base/color.h"
#include "core/base/control.h"
#include "core/base/environment.h"
#include "core/base/number.h"
#include "core/base/utf8.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LINES_MOST 6
#define COLUMNS_LEAST 60 /* ranks and a name must have room */
#define COLUMNS_MOST 160 /* a longer line is not read */

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

int paint_columns(FILE *to)
{
	const char *said = environment_get(environ, "COLUMNS");
	struct winsize size;
	int64_t columns = 0;

	if (ioctl(fileno(to), TIOCGWINSZ, &size) < 0)
		return PAINT_COLUMNS; /* no terminal: a file reads the same whoever has it written
				       */
	if (said == NULL || !number_parse(said, &columns))
		columns = size.ws_col;
	if (columns <= 0)
		return PAINT_COLUMNS;
	return (int)(columns < COLUMNS_LEAST  ? COLUMNS_LEAST
		     : columns > COLUMNS_MOST ? COLUMNS_MOST
					      : columns);
}

/* Sets SHOWN to what is shown for the character at BYTES, and *RET_COLUMNS to its width. A
 * character of two columns counts as one, which only makes a line longer than it should be. Returns
 * how many bytes were read. */
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

struct text *page_begin_line(struct page *page)
{
	text_init(&page->line, page->buffer, sizeof page->buffer);
	return &page->line;
}

void page_end_line(struct page *page, enum style style)
{
	paint_line(page->to, page->color, style, page->buffer, page->columns);
}

/* Where to break LINE so that its first part fits in COLUMNS: before a word, unless that leaves too
 * little. */
static size_t break_of(const char *line, size_t indent, size_t columns)
{
	size_t at = columns;

	if (strlen(line) <= columns)
		return strlen(line);
	while (at > indent + columns / 2 && line[at] != ' ')
		at--;
	if (line[at] == ' ')
		return at;
	for (at = columns; utf8_continues(line[at]); at--)
		; /* not within a character */
	return at;
}

void page_end_paragraph(struct page *page, enum style style, size_t indent)
{
	char *line = page->buffer;

	for (int lines = 1;; lines++) {
		size_t at = break_of(line, indent, (size_t)page->columns);
		char next = line[at];

		if (next == '\0' || lines == LINES_MOST) {
			paint_line(page->to, page->color, style, line, page->columns);
			return;
		}
		line[at] = '\0';
		paint_line(page->to, page->color, style, line, page->columns);
		line[at] = next;
		line += at + (next == ' ') - indent;
		memset(line, ' ', indent);
	}
}

void page_more(struct page *page, size_t count, const char *what)
{
	text_printf(page_begin_line(page), "    … %zu more %s", count, what);
	page_end_line(page, STYLE_FAINT);
}

void page_add_cut(struct text *line, const char *name, int columns)
{
	int length = (int)strlen(name);

	if (columns < NAME_COLUMNS_LEAST)
		columns = NAME_COLUMNS_LEAST;
	if (length <= columns) {
		text_add(line, name);
		return;
	}
	for (length = columns - 1; length > 0 && utf8_continues(name[length]); length--)
		; /* not within a character */
	text_printf(line, "%.*s…", length, name);
}

void page_add_duration(struct text *line, int64_t us)
{
	int64_t tenths = (us + SECONDS / 20) / (SECONDS / 10), seconds = us / SECONDS;

	if (us < SECONDS)
		text_printf(line, "%ld ms", (long)(us / MILLISECONDS));
	else if (seconds < 60)
		text_printf(line, "%ld.%ld s", (long)(tenths / 10), (long)(tenths % 10));
	else if (seconds < 3600)
		text_printf(line, "%ld min %ld s", (long)(seconds / 60), (long)(seconds % 60));
	else
		text_printf(
			line, "%ld h %ld min", (long)(seconds / 3600), (long)(seconds / 60 % 60));
}
