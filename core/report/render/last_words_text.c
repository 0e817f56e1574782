/* SPDX-License-Identifier: Apache-2.0 */
/* What a process said last, below its stack. */
#include "core/report/job/last_words.h"
#include "core/report/render/page.h"

#define LINES_SHOWN 5
#define LINES_OF_OTHER 2 /* of these, for the other stream where there is one */

/* Whether TEXT says something before LAST, a line of it. */
static bool has_more_lines(const char *text, const char *last)
{
	return text + strspn(text, " \t\r\n") < last;
}

/* The trace, or the reason, that is printed above ends with the same line. */
static bool is_known(const struct finding *finding, const struct said *said)
{
	char line[PAGE_LINE_SIZE];
	size_t length;
	const char *last = last_line_of(said->text, &length);

	if (last == NULL)
		return true;
	if (length >= sizeof line)
		return false;
	memcpy(line, last, length);
	line[length] = '\0';
	return strstr(finding->error_trace, line) != NULL ||
	       (strstr(finding->reason, line) != NULL && !has_more_lines(said->text, last));
}

/* The start of the last MOST lines of TEXT that are not blank; *RET_END is the end of these. */
static const char *last_lines(const char *text, int most, const char **ret_end)
{
	const char *end = text + strlen(text), *start;

	while (end > text && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	*ret_end = start = end;
	for (; start > text; start--)
		if ((start[-1] == '\n' || start[-1] == '\r') && --most == 0)
			break;
	return start;
}

static void print_lines(struct page *page, const char *start, const char *end)
{
	while (start < end) {
		size_t length = strcspn(start, "\r\n");

		if (length > (size_t)(end - start))
			length = (size_t)(end - start);
		text_add(page_begin_line(page), "    ");
		text_add_n(&page->line, start, length);
		if (length > 0)
			page_end_line(page, STYLE_PLAIN);
		start += length + 1;
	}
}

static void print_said(struct page *page, const struct said *said, int most)
{
	bool is_stream = strcmp(said->from, "interpreter") != 0;
	const char *end, *start = last_lines(said->text, most, &end);

	text_printf(page_begin_line(page), "  it said last%s%s%s:", is_stream ? " on " : "",
		is_stream ? said->from : "", said->shared ? ", to which others write, too" : "");
	page_end_line(page, STYLE_PLAIN);
	print_lines(page, start, end);
}

void last_words_print(struct page *page, const struct finding *finding)
{
	const struct last_words *words = finding->process == NULL ? NULL : finding->process->words;
	const struct said *shown[2];
	size_t count = 0;

	for (size_t i = 0; words != NULL && i < words->count && count < 2; i++)
		if (!is_known(finding, &words->said[i]))
			shown[count++] = &words->said[i];
	for (size_t i = 0; i < count; i++)
		print_said(page, shown[i],
			count == 1 ? LINES_SHOWN
			: i == 0   ? LINES_SHOWN - LINES_OF_OTHER
				   : LINES_OF_OTHER);
}
