/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/errors.h"

#include "core/base/escape.h"
#include "core/base/order.h"
#include "core/base/python_text.h"

#include <stdarg.h>
#include <string.h>

#define LINE_MOST 2048
#define WORD_MOST 40

static void add_way(struct text *text, const struct location *location)
{
	if (location == NULL || location->parent == NULL)
		return;
	add_way(text, location->parent);
	if (location->key == NULL) {
		text_printf(text, "[%zu]", location->index);
		return;
	}
	if (location->parent->parent != NULL)
		text_char(text, '.');
	text_add(text, location->key);
}

__attribute__((format(printf, 5, 0))) static const char *compose(struct config_errors *errors,
	const struct location *location, unsigned line, unsigned column, const char *format,
	va_list arguments)
{
	char buffer[LINE_MOST];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	text_add(&text, errors->path);
	if (line > 0)
		text_printf(&text, ":%u:%u", line, column);
	text_add(&text, ": ");
	if (location != NULL && location->parent != NULL) {
		add_way(&text, location);
		text_add(&text, ": ");
	}
	text_vprintf(&text, format, arguments);
	/* Text from the file must not control the terminal. */
	escape_tail(&text, 0, ESCAPE_CONTROL | ESCAPE_NEWLINE);
	return arena_strdup(errors->arena, buffer);
}

/* Insert LINE in the order of positions in the file, after others of the same position. */
static void add_line(
	struct config_errors *errors, const char *line, unsigned number, unsigned column)
{
	uint64_t position = (uint64_t)number << 32 | column;
	size_t at = errors->count;

	if (line == NULL || errors->count == CONFIG_ERRORS_MOST) {
		errors->left_out++;
		return;
	}
	for (; at > 0 && errors->positions[at - 1] > position; at--) {
		errors->positions[at] = errors->positions[at - 1];
		errors->lines[at] = errors->lines[at - 1];
	}
	errors->positions[at] = position;
	errors->lines[at] = line;
	errors->count++;
}

size_t config_error_count(const struct config_errors *errors)
{
	return errors->count + errors->left_out;
}

static bool is_first(const struct config_errors *errors)
{
	return config_error_count(errors) == 0 && errors->python == NULL;
}

void config_python(struct config_errors *errors, const char *format, ...)
{
	char buffer[LINE_MOST];
	struct text text;
	va_list arguments;

	if (!is_first(errors))
		return;
	text_init(&text, buffer, sizeof buffer);
	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	errors->python = arena_strdup(errors->arena, text.data);
}

/* The member of a section that LOCATION lies in: "handlers.h" of "handlers.h.level". LOCATION
 * itself if it is the top or a section. */
static const struct location *section_of(const struct location *location)
{
	while (location->parent != NULL && location->parent->parent != NULL &&
		location->parent->parent->parent != NULL)
		location = location->parent;
	return location;
}

/* dictConfig reports an error in a section as "Unable to configure handler 'h'". */
static bool add_envelope(struct text *text, const struct location *location)
{
	static const struct {
		const char *section, *noun;
	} sections[] = {{"formatters", "formatter"}, {"filters", "filter"}, {"handlers", "handler"},
		{"loggers", "logger"}};
	const struct location *member = section_of(location);
	const struct location *section = member->parent;

	if (section == NULL)
		return false;
	if (strcmp(section->parent == NULL ? member->key : section->key, "root") == 0)
		return text_add(text, "Unable to configure root logger"), true;
	for (size_t i = 0; section->parent != NULL && i < sizeof sections / sizeof *sections; i++)
		if (strcmp(section->key, sections[i].section) == 0) {
			text_printf(text, "Unable to configure %s ", sections[i].noun);
			python_repr(text, member->key);
			return true;
		}
	return false;
}

/* Python's exception for TEXT: an OSError for "[Errno 2] …", else a ValueError. */
static const char *exception_of(const char *text)
{
	static const struct {
		const char *begin, *exception;
	} exceptions[] = {{"[Errno 2] ", "FileNotFoundError"}, {"[Errno 13] ", "PermissionError"},
		{"[Errno 20] ", "NotADirectoryError"}, {"[Errno 21] ", "IsADirectoryError"},
		{"[Errno ", "OSError"}};

	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
		if (strncmp(text, exceptions[i].begin, strlen(exceptions[i].begin)) == 0)
			return exceptions[i].exception;
	return "ValueError";
}

/* Remove vigil's own hint, which follows Python's text. */
static void cut_hint(struct text *text)
{
	static const char *const hints[] = {
		"; a Python class ", "; did you mean ", "; known are: "};

	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
		const char *hint = strstr(text->data, hints[i]);

		if (hint != NULL)
			text_reset(text, (size_t)(hint - text->data));
	}
}

/* Set Python's exception for the first error, whose text FORMAT gives. */
__attribute__((format(printf, 3, 0))) static void set_python(struct config_errors *errors,
	const struct location *location, const char *format, va_list arguments)
{
	char message_buffer[LINE_MOST], buffer[LINE_MOST];
	struct text message, text;

	if (!is_first(errors))
		return;
	text_init(&message, message_buffer, sizeof message_buffer);
	text_vprintf(&message, format, arguments);
	text_init(&text, buffer, sizeof buffer);
	text_printf(&text, "%s: ", errors->plain ? exception_of(message.data) : "ValueError");
	if (errors->plain || location == NULL || !add_envelope(&text, location))
		text_add(&text, message.data);
	cut_hint(&text);
	errors->python = arena_strdup(errors->arena, text.data);
}

__attribute__((format(printf, 5, 0))) static void add_error(struct config_errors *errors,
	const struct location *location, unsigned line, unsigned column, const char *format,
	va_list arguments)
{
	va_list again;

	va_copy(again, arguments);
	set_python(errors, location, format, again);
	va_end(again);
	add_line(errors, compose(errors, location, line, column, format, arguments), line, column);
}

void config_error(
	struct config_errors *errors, const struct location *location, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_error(errors, location, location->value->line, location->value->column, format,
		arguments);
	va_end(arguments);
}

void config_error_at(
	struct config_errors *errors, unsigned line, unsigned column, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_error(errors, NULL, line, column, format, arguments);
	va_end(arguments);
}

void config_warning(
	struct config_errors *errors, const struct location *location, const char *format, ...)
{
	const char *line;
	va_list arguments;

	if (errors->warning_count == CONFIG_WARNINGS_MOST)
		return;
	va_start(arguments, format);
	line = compose(errors, location, location->value->line, location->value->column, format,
		arguments);
	va_end(arguments);
	if (line != NULL)
		errors->warnings[errors->warning_count++] = line;
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 32 : c;
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
