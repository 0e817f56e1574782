/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/html_page.h"

#include <string.h>

/* The file NAME of core/report/render/html, as it was when this was built. */
#define PART(name, symbol)                                                                    \
	__asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"core/report/render/html/" name \
		"\"\n" #symbol "_end:\n.popsection\n");                                       \
	extern const char symbol[] __attribute__((visibility("hidden")));                     \
	extern const char symbol##_end[] __attribute__((visibility("hidden")))

PART("page.html", html_part_page);
PART("page.css", html_part_style);
PART("data.js", html_part_data);
PART("timeline.js", html_part_timeline);
PART("table.js", html_part_table);
PART("tree.js", html_part_tree);
PART("rank.js", html_part_rank);
PART("page.js", html_part_main);

struct part {
	const char *begin, *end;
};

/* In the order in which they stand. */
static const struct part scripts[] = {
	{html_part_data, html_part_data_end},
	{html_part_timeline, html_part_timeline_end},
	{html_part_table, html_part_table_end},
	{html_part_tree, html_part_tree_end},
	{html_part_rank, html_part_rank_end},
	{html_part_main, html_part_main_end},
};

static void write_style(FILE *to)
{
	fwrite(html_part_style, 1, (size_t)(html_part_style_end - html_part_style), to);
}

static void write_scripts(FILE *to)
{
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
		fwrite(scripts[i].begin, 1, (size_t)(scripts[i].end - scripts[i].begin), to);
}

/* "<" begins the end of the script that the data is in, and is within a string wherever it is. */
static void write_data(FILE *to, const char *data, size_t count)
{
	while (count > 0) {
		const char *less = memchr(data, '<', count);
		size_t plain = less == NULL ? count : (size_t)(less - data);

		fwrite(data, 1, plain, to);
		data += plain;
		count -= plain;
		if (less == NULL)
			continue;
		fputs("\\u003c", to);
		data++;
		count--;
	}
}

/* "@STYLE@" and such stand in page.html where the rest belongs. */
void html_page_write(FILE *to, const char *data, size_t count)
{
	const char *at = html_part_page, *end = html_part_page_end, *mark;

	while ((mark = memchr(at, '@', (size_t)(end - at))) != NULL) {
		fwrite(at, 1, (size_t)(mark - at), to);
		at = mark + 1;
		if (*at == 'S' && at[1] == 'T')
			write_style(to);
		else if (*at == 'S')
			write_scripts(to);
		else
			write_data(to, data, count);
		at = (const char *)memchr(at, '@', (size_t)(end - at)) + 1;
	}
	fwrite(at, 1, (size_t)(end - at), to);
}
