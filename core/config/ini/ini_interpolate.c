/* SPDX-License-Identifier: Apache-2.0 */
/* configparser.BasicInterpolation: "%(other)s" and "%%" in the values of INI files. */
#include "core/config/ini/ini.h"

#include "core/base/text.h"
#include "core/base/python_text.h"

#include <errno.h>
#include <string.h>

#define DEPTH_MOST 10
#define VALUE_MOST ((size_t)64 * 1024)

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
	char buffer[1024];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	text_add(&text, begin);
	python_repr(&text, rest);
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
	for (char *at = name; *at != '\0'; at++)
		*at = *at >= 'A' && *at <= 'Z' ? (char)(*at | 32) : *at;
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
		/* References that double each other end here. */
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
