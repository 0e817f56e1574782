/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/errors.h"

#include "core/base/text.h"

#include <stdarg.h>
#include <string.h>

#define LINE_MOST 2048
#define WORD_MOST 40

static void add_way(struct text *text, const struct place *place)
{
	if (place == NULL || place->parent == NULL)
		return;
	add_way(text, place->parent);
	if (place->key == NULL) {
		text_printf(text, "[%zu]", place->index);
		return;
	}
	if (place->parent->parent != NULL)
		text_char(text, '.');
	text_add(text, place->key);
}

__attribute__((format(printf, 5, 0))) static const char *compose(struct config_errors *errors,
	const struct place *place, unsigned line, unsigned column, const char *format,
	va_list arguments)
{
	char buffer[LINE_MOST];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	text_add(&text, errors->path);
	if (line > 0)
		text_printf(&text, ":%u:%u", line, column);
	text_add(&text, ": ");
	if (place != NULL && place->parent != NULL) {
		add_way(&text, place);
		text_add(&text, ": ");
	}
	text_vprintf(&text, format, arguments);
	/* What comes from the file must not draw on the terminal. */
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)buffer[i] < ' ' || buffer[i] == 0x7F)
			buffer[i] = '?';
	return arena_strdup(errors->arena, buffer);
}

static void add_line(struct config_errors *errors, const char *line)
{
	if (line == NULL || errors->count == CONFIG_ERRORS_MOST)
		errors->left_out++;
	else
		errors->lines[errors->count++] = line;
}

void config_error(struct config_errors *errors, const struct place *place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_line(errors, compose(errors, place, place->value->line, place->value->column, format,
				 arguments));
	va_end(arguments);
}

void config_error_at(
	struct config_errors *errors, unsigned line, unsigned column, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_line(errors, compose(errors, NULL, line, column, format, arguments));
	va_end(arguments);
}

void config_warning(
	struct config_errors *errors, const struct place *place, const char *format, ...)
{
	const char *line;
	va_list arguments;

	if (errors->warning_count == CONFIG_WARNINGS_MOST)
		return;
	va_start(arguments, format);
	line = compose(errors, place, place->value->line, place->value->column, format, arguments);
	va_end(arguments);
	if (line != NULL)
		errors->warnings[errors->warning_count++] = line;
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 32 : c;
}

static size_t least(size_t one, size_t other)
{
	return one < other ? one : other;
}

/* Levenshtein's distance; a row of the table at a time. */
static size_t distance(const char *one, const char *other)
{
	size_t row[WORD_MOST + 1], length = strlen(other);

	if (length > WORD_MOST || strlen(one) > WORD_MOST)
		return WORD_MOST;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; one[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t above = row[j];

			row[j] = least(least(row[j], row[j - 1]) + 1,
				diagonal + (lower(one[i - 1]) != lower(other[j - 1])));
			diagonal = above;
		}
	}
	return row[length];
}

const char *config_suggestion(const char *word, const char *const *candidates, size_t count)
{
	const char *nearest = NULL;
	size_t best = least(2, strlen(word) / 2) + 1;

	for (size_t i = 0; i < count; i++) {
		size_t found = distance(word, candidates[i]);

		if (found < best) {
			best = found;
			nearest = candidates[i];
		}
	}
	return nearest;
}
