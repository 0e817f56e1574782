/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/ini.h"

#include "core/base/text.h"
#include "core/base/python_text.h"

#include <errno.h>
#include <string.h>

#define BLANKS " \t\n\v\f\r\x1c\x1d\x1e\x1f"
#define MESSAGE_MOST 1024

/* The limits of interpolation: steps from one option to the next, and bytes of the result. */
#define DEPTH_MOST 10
#define VALUE_MOST ((size_t)64 * 1024)

struct reader {
	struct arena *arena;
	struct config_errors *errors;
	struct ini *ini;
	struct value *section; /* NULL: none has begun */
	const char *section_name;
	struct value *option; /* the option whose value the next lines may continue; NULL: none */
	char *value;	      /* the option's text so far, with room for the whole file */
	size_t value_length;
	size_t indent; /* of the line that the option began on */
	unsigned line;
	struct text *parse_errors; /* Python reports these errors together, at the end */
};

/* A line without its end, and the part of it between the blanks. */
struct line {
	const char *text, *content;
	size_t length, content_length;
	bool ended; /* a newline follows, which Python's repr() shows */
};

static bool is_blank(char c)
{
	return memchr(BLANKS, c, sizeof BLANKS - 1) != NULL;
}

size_t ini_strip(const char **at, size_t length)
{
	for (; length > 0 && is_blank(**at); length--)
		(*at)++;
	while (length > 0 && is_blank((*at)[length - 1]))
		length--;
	return length;
}

static struct line cut_line(const char *text, size_t length)
{
	struct line line = {.text = text, .content = text};

	while (line.length < length && text[line.length] != '\n' && text[line.length] != '\r')
		line.length++;
	line.ended = line.length < length;
	line.content_length = ini_strip(&line.content, line.length);
	return line;
}

/* Write Python's repr() of a line, as it stands in the file, into BUFFER, which is returned. */
static const char *quote_line(
	struct reader *reader, const struct line *line, char buffer[MESSAGE_MOST])
{
	char *copy = arena_alloc(reader->arena, line->length + 2);

	if (copy == NULL)
		return "";
	memcpy(copy, line->text, line->length);
	copy[line->length] = line->ended ? '\n' : '\0';
	return python_quote(copy, buffer, MESSAGE_MOST);
}

/* Report a configparser.Error, which fileConfig passes on as it is. */
static int refuse_duplicate(
	struct reader *reader, const char *type, const char *what, unsigned column)
{
	char path[MESSAGE_MOST];

	config_python(reader->errors, "%s: While reading from %s [line %2u]: %s already exists",
		type, python_quote(reader->errors->path, path, sizeof path), reader->line, what);
	config_error_at(reader->errors, reader->line, column, "%s already exists", what);
	return -EINVAL;
}

/* Report a configparser.MissingSectionHeaderError, which fileConfig wraps in a RuntimeError. */
static int refuse_without_section(struct reader *reader, const struct line *line)
{
	char path[MESSAGE_MOST], buffer[MESSAGE_MOST];
	const char *shown = quote_line(reader, line, buffer);

	config_python(reader->errors,
		"RuntimeError: %s is invalid: File contains no section headers.\nfile: %s, line: "
		"%u\n%s",
		reader->errors->path, python_quote(reader->errors->path, path, sizeof path),
		reader->line, shown);
	config_error_at(reader->errors, reader->line, 1,
		"File contains no section headers before %s", shown);
	return -EINVAL;
}

/* LINE is neither section nor option: Python reads on, and reports all such lines at the end. */
static void note_bad_line(struct reader *reader, const struct line *line)
{
	char buffer[MESSAGE_MOST];

	text_printf(reader->parse_errors, "\n\t[line %2u]: %s", reader->line,
		quote_line(reader, line, buffer));
}

/* End the current option: blanks and empty lines at the end of its value are removed. */
static int finish_option(struct reader *reader)
{
	if (reader->option == NULL)
		return 0;
	while (reader->value_length > 0 && is_blank(reader->value[reader->value_length - 1]))
		reader->value_length--;
	reader->option->text = arena_strndup(reader->arena, reader->value, reader->value_length);
	return reader->option->text == NULL ? -ENOMEM : 0;
}

static void append(struct reader *reader, const char *bytes, size_t count)
{
	memcpy(reader->value + reader->value_length, bytes, count);
	reader->value_length += count;
}

static int begin_section(struct reader *reader, const char *name, size_t length)
{
	char what[MESSAGE_MOST], section[MESSAGE_MOST];

	reader->option = NULL;
	reader->section_name = arena_strndup(reader->arena, name, length);
	if (reader->section_name == NULL)
		return -ENOMEM;
	if (strcmp(reader->section_name, "DEFAULT") == 0) {
		reader->section = &reader->ini->defaults;
		return 0;
	}
	if (value_dict_get(&reader->ini->sections, reader->section_name) != NULL) {
		text_format(what, sizeof what, "section %s",
			python_quote(reader->section_name, section, sizeof section));
		return refuse_duplicate(reader, "DuplicateSectionError", what, 1);
	}
	reader->section = value_new(reader->arena, VALUE_DICT, reader->line, 1);
	if (reader->section == NULL)
		return -ENOMEM;
	return value_dict_set(reader->arena, &reader->ini->sections, reader->section_name,
		reader->line, 1, reader->section);
}

static void to_lower(char *name)
{
	for (; *name != '\0'; name++)
		if (*name >= 'A' && *name <= 'Z')
			*name |= 32;
}

static int refuse_duplicate_option(struct reader *reader, const char *name, unsigned column)
{
	char what[MESSAGE_MOST], option[MESSAGE_MOST], section[MESSAGE_MOST];

	text_format(what, sizeof what, "option %s in section %s",
		python_quote(name, option, sizeof option),
		python_quote(reader->section_name, section, sizeof section));
	return refuse_duplicate(reader, "DuplicateOptionError", what, column);
}

/* "name = value"; the value may go on in the next lines. */
static int begin_option(struct reader *reader, const struct line *line, const char *delimiter)
{
	struct line name = cut_line(line->content, (size_t)(delimiter - line->content));
	const char *end = line->content + line->content_length;
	struct line value = cut_line(delimiter + 1, (size_t)(end - delimiter - 1));
	unsigned column = (unsigned)(line->content - line->text) + 1;
	char *key = arena_strndup(reader->arena, name.content, name.content_length);

	if (key == NULL)
		return -ENOMEM;
	to_lower(key);
	if (value_dict_get(reader->section, key) != NULL)
		return refuse_duplicate_option(reader, key, column);
	reader->option = value_new_string(
		reader->arena, "", 0, reader->line, (unsigned)(value.content - line->text) + 1);
	reader->value_length = 0;
	append(reader, value.content, value.content_length);
	if (reader->option == NULL)
		return -ENOMEM;
	return value_dict_set(
		reader->arena, reader->section, key, reader->line, column, reader->option);
}

static const char *find_delimiter(const struct line *line)
{
	for (size_t i = 0; i < line->content_length; i++)
		if (line->content[i] == '=' || line->content[i] == ':')
			return line->content + i;
	return NULL;
}

/* Whether LINE is "[name]", with the name's length in *RET_LENGTH. Python ignores what follows the
 * ']'. */
static bool is_section(const struct line *line, size_t *ret_length)
{
	size_t end = line->content_length;

	if (end < 3 || line->content[0] != '[')
		return false;
	while (end > 2 && line->content[end - 1] != ']')
		end--;
	*ret_length = end - 2;
	return end > 2;
}

static int read_new(struct reader *reader, const struct line *line)
{
	const char *delimiter;
	size_t length;
	int error = finish_option(reader);

	reader->indent = (size_t)(line->content - line->text);
	if (error < 0)
		return error;
	if (is_section(line, &length))
		return begin_section(reader, line->content + 1, length);
	if (reader->section == NULL)
		return refuse_without_section(reader, line);
	delimiter = find_delimiter(line);
	if (delimiter == NULL || delimiter == line->content) {
		note_bad_line(reader, line);
		return 0;
	}
	return begin_option(reader, line, delimiter);
}

static int read_line(struct reader *reader, const struct line *line)
{
	bool comment =
		line->content_length > 0 && (line->content[0] == '#' || line->content[0] == ';');

	if (comment)
		return 0;
	if (line->content_length == 0) {
		if (reader->option != NULL)
			append(reader, "\n", 1);
		return 0;
	}
	if (reader->option == NULL || (size_t)(line->content - line->text) <= reader->indent)
		return read_new(reader, line);
	append(reader, "\n", 1);
	append(reader, line->content, line->content_length);
	return 0;
}

static int read_lines(struct reader *reader, const char *text, size_t length)
{
	size_t at = 0;

	while (at < length) {
		struct line line = cut_line(text + at, length - at);
		int error;

		reader->line++;
		error = read_line(reader, &line);
		if (error < 0)
			return error;
		at += line.length;
		/* "\r\n" is one line end. */
		at += at + 1 < length && text[at] == '\r' && text[at + 1] == '\n' ? 2 : 1;
	}
	return finish_option(reader);
}

static int warn_of_bad_lines(struct reader *reader)
{
	char path[MESSAGE_MOST];

	if (reader->parse_errors->length == 0)
		return 0;
	config_python(reader->errors,
		"RuntimeError: %s is invalid: Source contains parsing errors: %s%s",
		reader->errors->path, python_quote(reader->errors->path, path, sizeof path),
		reader->parse_errors->data);
	config_error_at(reader->errors, 0, 0, "Source contains parsing errors:%s",
		reader->parse_errors->data);
	return -EINVAL;
}

int ini_read(struct arena *arena, const char *text, size_t length, struct config_errors *errors,
	struct ini *ret_ini)
{
	char buffer[4 * MESSAGE_MOST];
	struct text parse_errors;
	struct reader reader = {
		.arena = arena, .errors = errors, .ini = ret_ini, .parse_errors = &parse_errors};
	int error;

	text_init(&parse_errors, buffer, sizeof buffer);
	*ret_ini = (struct ini){.sections.type = VALUE_DICT, .defaults.type = VALUE_DICT};
	if (memchr(text, '\0', length) != NULL) {
		config_error_at(errors, 0, 0, "a NUL character is not supported");
		return -EINVAL;
	}
	/* A value consists of lines of the file and a newline between each two. */
	reader.value = arena_alloc(arena, 2 * length + 2);
	if (reader.value == NULL)
		return -ENOMEM;
	error = read_lines(&reader, text, length);
	return error < 0 ? error : warn_of_bad_lines(&reader);
}

const struct value_item *ini_raw(
	const struct ini *ini, const struct value_item *section, const char *option)
{
	const struct value_item *item = value_dict_get(section->value, option);

	return item != NULL ? item : value_dict_get(&ini->defaults, option);
}

/* configparser.BasicInterpolation: "%(other)s" and "%%" in the values. */
struct interpolation {
	struct arena *arena;
	const struct ini *ini;
	const struct value_item *section, *option;
	struct config_errors *errors;
	struct text *text;
};

static int refuse(const struct interpolation *what, const char *type, const char *message)
{
	const struct value *value = what->option->value;

	config_python(what->errors, "%s: %s", type, message);
	config_error_at(what->errors, value->line, value->column, "%s", message);
	return -EINVAL;
}

static int refuse_syntax(const struct interpolation *what, const char *begin, const char *rest)
{
	char buffer[1024], quoted[1024];

	text_format(
		buffer, sizeof buffer, "%s%s", begin, python_quote(rest, quoted, sizeof quoted));
	return refuse(what, "InterpolationSyntaxError", buffer);
}

/* "… option 'x' in section 's' …": KEY is NULL where the recursion was too deep. */
static int refuse_value(const struct interpolation *what, const char *key)
{
	char buffer[2048];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	text_add(&text, key == NULL ? "Recursion limit exceeded in value substitution: option "
				    : "Bad value substitution: option ");
	python_repr(&text, what->option->key);
	text_add(&text, " in section ");
	python_repr(&text, what->section->key);
	text_add(&text, " contains an interpolation key ");
	if (key == NULL) {
		text_printf(&text, "which cannot be substituted in %d steps.", DEPTH_MOST);
	} else {
		python_repr(&text, key);
		text_add(&text, " which is not a valid option name.");
	}
	text_add(&text, " Raw value: ");
	python_repr(&text, what->option->value->text);
	return refuse(what,
		key == NULL ? "InterpolationDepthError" : "InterpolationMissingOptionError",
		buffer);
}

static int expand(const struct interpolation *what, const char *rest, int depth);

/* "%(name)s" at *REST, which is moved behind it. */
static int expand_reference(const struct interpolation *what, const char **rest, int depth)
{
	size_t length = strcspn(*rest + 2, ")");
	const char *end = *rest + 2 + length;
	const struct value_item *item;
	char *name;

	if (length == 0 || end[0] != ')' || end[1] != 's')
		return refuse_syntax(what, "bad interpolation variable reference ", *rest);
	name = arena_strndup(what->arena, *rest + 2, length);
	if (name == NULL)
		return -ENOMEM;
	to_lower(name);
	*rest = end + 2;
	item = ini_raw(what->ini, what->section, name);
	if (item == NULL)
		return refuse_value(what, name);
	return expand(what, item->value->text, depth + 1);
}

static int expand(const struct interpolation *what, const char *rest, int depth)
{
	int error = 0;

	if (depth > DEPTH_MOST && strchr(rest, '%') != NULL)
		return refuse_value(what, NULL);
	while (*rest != '\0' && error == 0) {
		size_t plain = strcspn(rest, "%");

		text_add_n(what->text, rest, plain);
		rest += plain;
		if (*rest == '\0')
			break;
		if (rest[1] == '%') {
			text_char(what->text, '%');
			rest += 2;
		} else if (rest[1] == '(') {
			error = expand_reference(what, &rest, depth);
		} else {
			return refuse_syntax(
				what, "'%' must be followed by '%' or '(', found: ", rest);
		}
		/* References that double the text again and again end here. */
		if (what->text->truncated)
			return refuse(what, "MemoryError", "the value is longer than 64 KiB");
	}
	return error;
}

int ini_get(struct arena *arena, const struct ini *ini, const struct value_item *section,
	const char *option, struct config_errors *errors, const struct value **ret)
{
	const struct value_item *item = ini_raw(ini, section, option);
	struct interpolation what = {arena, ini, section, item, errors, NULL};
	struct value *value;
	struct text text;
	char *buffer;
	int error;

	*ret = item == NULL ? NULL : item->value;
	if (item == NULL || strchr(item->value->text, '%') == NULL)
		return 0;
	buffer = arena_alloc(arena, VALUE_MOST);
	value = arena_alloc(arena, sizeof *value);
	if (buffer == NULL || value == NULL)
		return -ENOMEM;
	text_init(&text, buffer, VALUE_MOST);
	what.text = &text;
	error = expand(&what, item->value->text, 1);
	*value = *item->value;
	value->text = buffer;
	*ret = value;
	return error;
}
