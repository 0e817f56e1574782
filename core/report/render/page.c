/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/page.h"

#include "core/base/utf8.h"

#include <string.h>

#define LINES_MOST 6

struct text *page_begin_line(struct page *page)
{
	text_init(&page->line, page->buffer, sizeof page->buffer);
	return &page->line;
}

void page_end_line(struct page *page, enum style style)
{
	paint_line(page->to, page->color, style, page->buffer, PAINT_COLUMNS);
}

/* Where to break LINE so that its first part fits: before a word, unless that leaves too little. */
static size_t break_of(const char *line, size_t indent)
{
	size_t at = PAINT_COLUMNS;

	if (strlen(line) <= PAINT_COLUMNS)
		return strlen(line);
	while (at > indent + PAINT_COLUMNS / 2 && line[at] != ' ')
		at--;
	if (line[at] == ' ')
		return at;
	for (at = PAINT_COLUMNS; utf8_continues(line[at]); at--)
		; /* not within a character */
	return at;
}

void page_end_paragraph(struct page *page, enum style style, size_t indent)
{
	char *line = page->buffer;

	for (int lines = 1;; lines++) {
		size_t at = break_of(line, indent);
		char next = line[at];

		if (next == '\0' || lines == LINES_MOST) {
			paint_line(page->to, page->color, style, line, PAINT_COLUMNS);
			return;
		}
		line[at] = '\0';
		paint_line(page->to, page->color, style, line, PAINT_COLUMNS);
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
