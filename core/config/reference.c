/* SPDX-License-Identifier: Apache-2.0 */
/* References in a dictConfig: "cfg://handlers.h[0]" refers to a part of the configuration,
 * "ext://sys.stdout" to an object of Python's. */
#include "core/config/reader.h"

#include "core/base/number.h"
#include "core/base/python_text.h"

#include <string.h>

/* A reference while it is followed. */
struct reference {
	struct config_reader *reader;
	const struct location *location;
	const char *text; /* behind "cfg://" */
	const char *rest;
	const struct value *value;
};

static void skip_blanks(struct reference *reference)
{
	reference->rest += strspn(reference->rest, " \t\n\r\f\v");
}

static const struct value *refuse(struct reference *reference, bool from_start)
{
	char text[1024], rest[1024];

	config_error(reference->reader->errors, reference->location, "Unable to convert %s%s%s",
		python_quote(reference->text, text, sizeof text), from_start ? "" : " at ",
		from_start ? "" : python_quote(reference->rest, rest, sizeof rest));
	return NULL;
}

/* The member KEY, or the element number KEY, of VALUE; NULL where there is none. */
static const struct value *look_up(const struct value *value, const char *key)
{
	const struct value_item *item = NULL;
	size_t index = 0;

	if (value->type == VALUE_DICT) {
		item = value_dict_get(value, key);
		return item == NULL ? NULL : item->value;
	}
	if (value->type != VALUE_LIST || key[0] == '\0' || key[strspn(key, "0123456789")] != '\0' ||
		strlen(key) > 9)
		return NULL;
	index = (size_t)number_take(&key, SIZE_MAX);
	for (item = value->items; item != NULL && index > 0; item = item->next)
		index--;
	return item == NULL ? NULL : item->value;
}

/* Follow the key of LENGTH bytes at reference->rest. False after an error was reported. */
static bool step(struct reference *reference, size_t length)
{
	char *key = arena_strndup(reference->reader->arena, reference->rest, length);

	if (key == NULL)
		return reference->reader->no_memory = true, false;
	reference->value = look_up(reference->value, key);
	if (reference->value == NULL) {
		config_error(reference->reader->errors, reference->location,
			"cfg://%s: there is no '%s' in what comes before it", reference->text, key);
		return false;
	}
	reference->value = config_resolve(reference->reader,
		&(struct location){reference->location->parent, reference->location->key,
			reference->location->index, reference->value});
	reference->rest += length;
	return reference->value != NULL;
}

static size_t word_length(const char *at)
{
	size_t length = 0;

	while (is_word(at[length]))
		length++;
	return length;
}

/* Follow ".word" or "[anything]". Returns false after an error was reported. */
static bool follow(struct reference *reference)
{
	const char *before = reference->rest;
	size_t length;

	if (*before == '.') {
		reference->rest++;
		skip_blanks(reference);
		length = word_length(reference->rest);
		if (length > 0)
			return step(reference, length);
	} else if (*before == '[') {
		length = strcspn(before + 1, "[]");
		if (before[1 + length] == ']') {
			reference->rest++;
			if (!step(reference, length))
				return false;
			reference->rest++;
			return true;
		}
	}
	reference->rest = before;
	refuse(reference, false);
	return false;
}

static const struct value *resolve_cfg(
	struct config_reader *reader, const struct location *location)
{
	struct reference reference = {reader, location, location->value->text + 6,
		location->value->text + 6, reader->top};
	size_t length;

	skip_blanks(&reference);
	length = word_length(reference.rest);
	if (length == 0)
		return refuse(&reference, true);
	if (!step(&reference, length))
		return NULL;
	for (skip_blanks(&reference); *reference.rest != '\0'; skip_blanks(&reference))
		if (!follow(&reference))
			return NULL;
	return reference.value;
}

/* Report Python's error for importing NAME. Returns NULL. */
static const struct value *cannot_resolve(
	struct config_reader *reader, const struct location *location, const char *name)
{
	size_t first = strcspn(name, ".");
	bool module = strncmp(name, "sys.", 4) == 0 || strncmp(name, "logging.", 8) == 0;

	if (module && strchr(name + first + 1, '.') == NULL)
		config_error(reader->errors, location,
			"Cannot resolve '%s': No module named '%s'%s; known are: ext://sys.stdout, "
			"ext://sys.stderr, ext://logging.ERROR and the other levels",
			name, name, name[0] == 's' ? "; 'sys' is not a package" : "");
	else
		config_error(reader->errors, location,
			"Cannot resolve '%s': No module named '%.*s'; known are: ext://sys.stdout, "
			"ext://sys.stderr, ext://logging.ERROR and the other levels",
			name, (int)first, name);
	return NULL;
}

/* A stream or a type of socket stays a string, for the handlers that take one; a level becomes its
 * number. */
static const struct value *resolve_ext(
	struct config_reader *reader, const struct location *location)
{
	static const char *const streams[] = {"sys.stdout", "sys.stderr", "sys.__stdout__",
		"sys.__stderr__", "socket.SOCK_DGRAM", "socket.SOCK_STREAM"};
	const char *name = location->value->text + 6;
	struct value *value;

	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
		if (strcmp(name, streams[i]) == 0)
			return location->value;
	for (unsigned i = 0; strncmp(name, "logging.", 8) == 0 && level_known(i) != NULL; i++) {
		int level = 0;

		if (strcmp(name + 8, level_known(i)) != 0)
			continue;
		value = arena_alloc(reader->arena, sizeof *value);
		if (value == NULL)
			return reader->no_memory = true, NULL;
		*value = *location->value;
		level_parse(level_known(i), &level);
		value->type = VALUE_INT;
		value->number = level;
		return value;
	}
	return cannot_resolve(reader, location, name);
}

const struct value *config_resolve(struct config_reader *reader, const struct location *location)
{
	const struct value *value = location->value;

	if (value->type != VALUE_STRING || strchr(value->text, '\n') != NULL)
		return value;
	if (strncmp(value->text, "ext://", 6) == 0)
		return resolve_ext(reader, location);
	if (strncmp(value->text, "cfg://", 6) != 0)
		return value;
	if (reader->references++ >= CONFIG_VALUES_MOST) {
		config_error(reader->errors, location, "%s: too many references", value->text);
		return NULL;
	}
	if (reader->depth == CONFIG_DEPTH_MOST) {
		config_error(reader->errors, location, "%s refers to itself", value->text);
		return NULL;
	}
	reader->depth++;
	value = resolve_cfg(reader, location);
	reader->depth--;
	return value;
}
