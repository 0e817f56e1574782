/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/last_words.h"

#include <ctype.h>
#include <string.h>

static bool has_letters(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (isalpha((unsigned char)line[i]) || (unsigned char)line[i] >= 0x80)
			return true;
	return false;
}

/* Narrow the line from *START to *END to what stands between its blanks. */
static void trim(const char *text, size_t *start, size_t *end)
{
	while (*start < *end && isspace((unsigned char)text[*start]))
		++*start;
	while (*start < *end && isspace((unsigned char)text[*end - 1]))
		--*end;
}

const char *last_line_of(const char *text, size_t *ret_length)
{
	size_t end = strlen(text);

	while (end > 0) {
		size_t start = end, last = end;

		while (start > 0 && text[start - 1] != '\n' && text[start - 1] != '\r')
			start--;
		end = start > 0 ? start - 1 : 0;
		trim(text, &start, &last);
		if (has_letters(text + start, last - start)) {
			*ret_length = last - start;
			return text + start;
		}
	}
	return NULL;
}
