/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict/dict_reader.h"

#include "core/logging/list.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* More than any list of names that is worth a suggestion. */
#define NAMES_MOST 32

static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot == NULL ? name : dot + 1;
}

/* A class of that name, or nearly, in whatever module. */
static const char *same_class(const char *word, const char *const *names, size_t count)
{
	const char *parts[NAMES_MOST], *meant;

	for (size_t i = 0; i < count; i++)
		parts[i] = last_part(names[i]);
	meant = config_suggestion(last_part(word), parts, count);
	for (size_t i = 0; i < count && meant != NULL; i++)
		if (parts[i] == meant)
			return names[i];
	return NULL;
}

const char *dict_did_you_mean(const char *word, const char *const *names, char *buffer, size_t size)
{
	const char *meant;
	size_t count = 0;

	while (count < NAMES_MOST && names[count] != NULL)
		count++;
	meant = config_suggestion(word, names, count);
	if (meant == NULL)
		meant = same_class(word, names, count);
	buffer[0] = '\0';
	if (meant != NULL)
		text_format(buffer, size, "; did you mean '%s'?", meant);
	return buffer;
}

void dict_unknown_class(struct dict_reader *reader, const struct location *location,
	const char *class, const char *const *names)
{
	bool python = strchr(class, '.') != NULL && strncmp(class, "logging.", 8) != 0 &&
		      strncmp(class, "vigil.", 6) != 0;
	bool library = python || (location->key != NULL && strcmp(location->key, "()") == 0);
	char known[1024], meant[80];
	struct text text;

	text_init(&text, known, sizeof known);
	for (size_t i = 0; names[i] != NULL; i++)
		text_printf(&text, "%s%s", i == 0 ? "" : ", ", names[i]);
	config_error(reader->errors, location, "Cannot resolve '%s'%s; known are: %s%s%s", class,
		python ? "; a Python class cannot run here" : "", known,
		library ? ", and a library's as '/path/lib.so:symbol'" : "",
		dict_did_you_mean(class, names, meant, sizeof meant));
}

static bool is_dict(struct dict_reader *reader, const struct location *location)
{
	if (location->value->type == VALUE_DICT)
		return true;
	config_error(reader->errors, location, "expected a mapping, found %s",
		value_type_name(location->value->type));
	return false;
}

static void add_known(const struct key_spec *keys, struct text *text)
{
	for (const struct key_spec *spec = keys; spec->key != NULL; spec++)
		if (spec->read != dict_refuse_attributes)
			text_printf(text, "%s%s", text->length == 0 ? "" : ", ", spec->key);
}

static void unknown_key(struct dict_reader *reader, const struct location *location,
	const struct key_spec *keys, enum unknown_keys unknown)
{
	const char *names[NAMES_MOST + 1] = {NULL};
	char known[512], meant[64];
	struct text text;

	for (size_t i = 0; i < NAMES_MOST && keys[i].key != NULL; i++)
		names[i] = keys[i].key;
	text_init(&text, known, sizeof known);
	add_known(keys, &text);
	dict_did_you_mean(location->key, names, meant, sizeof meant);
	if (unknown == UNKNOWN_WARNED)
		config_warning(reader->errors, location,
			"unknown key, passed over as Python does; known are: %s%s", known, meant);
	else
		config_error(reader->errors, location,
			"got an unexpected keyword argument '%s'; known are: %s%s", location->key,
			known, meant);
}

/* The place of a key is where people look for it; that of its value only where the value is wrong.
 */
static struct value at_key(const struct value_item *item)
{
	return (struct value){.line = item->line, .column = item->column};
}

void dict_read(struct dict_reader *reader, const struct location *location,
	const struct key_spec *keys, enum unknown_keys unknown, void *target)
{
	if (!is_dict(reader, location))
		return;
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next) {
		const struct key_spec *spec = keys;
		struct location member = {location, item->key, 0, item->value};
		struct value key = at_key(item);

		while (spec->key != NULL && strcmp(spec->key, item->key) != 0)
			spec++;
		if (spec->key != NULL) {
			member.value = dict_resolve(reader, &member);
			if (member.value != NULL)
				spec->read(reader, &member, target);
			continue;
		}
		member.value = &key;
		if (unknown != UNKNOWN_IGNORED)
			unknown_key(reader, &member, keys, unknown);
	}
}

void dict_member(struct dict_reader *reader, const struct location *location,
	const struct value_item *item,
	void (*each)(struct dict_reader *reader, const struct location *location))
{
	struct location member = {location, item->key, 0, item->value};

	member.value = dict_resolve(reader, &member);
	if (member.value != NULL)
		each(reader, &member);
}

void dict_each(struct dict_reader *reader, const struct location *location,
	void (*each)(struct dict_reader *reader, const struct location *location))
{
	if (!is_dict(reader, location))
		return;
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next)
		dict_member(reader, location, item, each);
}

/* The key that comes next after AFTER (NULL: the first), as strings are ordered. */
static const struct value_item *next_key(const struct value *dict, const char *after)
{
	const struct value_item *next = NULL;

	for (const struct value_item *item = dict->items; item != NULL; item = item->next)
		if ((after == NULL || strcmp(item->key, after) > 0) &&
			(next == NULL || strcmp(item->key, next->key) < 0))
			next = item;
	return next;
}

/* A search for each of them: no configuration has so many handlers that it matters. */
void dict_each_sorted(struct dict_reader *reader, const struct location *location,
	void (*each)(struct dict_reader *reader, const struct location *location))
{
	if (!is_dict(reader, location))
		return;
	for (const struct value_item *item = next_key(location->value, NULL); item != NULL;
		item = next_key(location->value, item->key))
		dict_member(reader, location, item, each);
}

static void names_of_string(struct dict_reader *reader, const struct location *location,
	void (*add)(struct dict_reader *, const struct location *, const char *, void *),
	void *target)
{
	size_t errors = config_error_count(reader->errors);

	for (const char *at = location->value->text;
		*at != '\0' && config_error_count(reader->errors) == errors; at++)
		add(reader, location, (char[]){*at, '\0'}, target);
	if (config_error_count(reader->errors) > errors)
		config_error(reader->errors, location,
			"expected a list; Python takes the letters of '%s' for names: write [%s]",
			location->value->text, location->value->text);
}

void dict_names(struct dict_reader *reader, const struct location *location,
	void (*add)(struct dict_reader *reader, const struct location *location, const char *name,
		void *target),
	void *target)
{
	size_t index = 0;

	if (location->value->type == VALUE_STRING) {
		names_of_string(reader, location, add, target);
		return;
	}
	if (location->value->type != VALUE_LIST) {
		config_error(reader->errors, location, "expected a list of names, found %s",
			value_type_name(location->value->type));
		return;
	}
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next) {
		struct location element = {location, NULL, index++, item->value};
		const char *name = dict_string(reader, &element);

		if (name != NULL)
			add(reader, &element, name, target);
	}
}

const char *dict_string(struct dict_reader *reader, const struct location *location)
{
	const struct value *value = dict_resolve(reader, location);

	if (value == NULL)
		return NULL;
	if (value->type == VALUE_STRING)
		return value->text;
	config_error(reader->errors, location, "expected a string, found %s",
		value_type_name(value->type));
	return NULL;
}

int dict_choice(
	struct dict_reader *reader, const struct location *location, const char *const *names)
{
	const char *word = dict_string(reader, location);
	char known[256], meant[64];
	struct text text;

	if (word == NULL)
		return -1;
	text_init(&text, known, sizeof known);
	for (int i = 0; names[i] != NULL; i++) {
		if (strcmp(names[i], word) == 0)
			return i;
		text_printf(&text, "%s%s", i == 0 ? "" : ", ", names[i]);
	}
	config_error(reader->errors, location, "expected one of %s, found '%s'%s", known, word,
		dict_did_you_mean(word, names, meant, sizeof meant));
	return -1;
}

static bool same_word(const char *word, const char *lower)
{
	for (; *word != '\0' && (*word | 32) == *lower; word++)
		lower++;
	return *word == *lower;
}

bool dict_boolean(struct dict_reader *reader, const struct location *location, bool *ret_boolean)
{
	static const struct {
		const char *word;
		bool meaning;
	} words[] = {{"true", true}, {"yes", true}, {"on", true}, {"1", true}, {"false", false},
		{"no", false}, {"off", false}, {"0", false}};
	const struct value *value = location->value;

	if (value->type == VALUE_BOOL) {
		*ret_boolean = value->number != 0;
		return true;
	}
	for (size_t i = 0; value->type == VALUE_STRING && i < sizeof words / sizeof *words; i++)
		if (same_word(value->text, words[i].word)) {
			*ret_boolean = words[i].meaning;
			return true;
		}
	config_error(reader->errors, location, "expected true or false, found %s",
		value->type == VALUE_STRING ? value->text : value_type_name(value->type));
	return false;
}

static bool unknown_level(struct dict_reader *reader, const struct location *location)
{
	const char *names[NAMES_MOST + 1] = {NULL};
	char meant[64];

	for (unsigned i = 0; i < NAMES_MOST && level_known(i) != NULL; i++)
		names[i] = level_known(i);
	config_error(reader->errors, location, "Unknown level: '%s'%s", location->value->text,
		dict_did_you_mean(location->value->text, names, meant, sizeof meant));
	return false;
}

bool dict_level(struct dict_reader *reader, const struct location *location, int *ret_level)
{
	const struct value *value = location->value;
	char buffer[256];
	struct text text;

	switch (value->type) {
	case VALUE_NULL: return false;
	case VALUE_BOOL:
	case VALUE_INT:
		if (value->number < INT_MIN || value->number > INT_MAX)
			break;
		*ret_level = (int)value->number;
		return true;
	case VALUE_STRING:
		return level_parse(value->text, ret_level) == 0 || unknown_level(reader, location);
	default: break;
	}
	text_init(&text, buffer, sizeof buffer);
	value_str(&text, value);
	config_error(
		reader->errors, location, "Level not an integer or a valid string: %s", buffer);
	return false;
}

void dict_define(
	struct dict_reader *reader, struct named **list, const char *name, const void *object)
{
	struct named *named = arena_alloc(reader->arena, sizeof *named);

	if (named == NULL) {
		reader->no_memory = true;
		return;
	}
	*named = (struct named){name, object, *list};
	*list = named;
}

const void *dict_lookup(struct dict_reader *reader, const struct named *list, const char *name,
	const struct location *location, const char *what)
{
	const char *names[NAMES_MOST + 1] = {NULL};
	size_t count = 0;
	char meant[256];

	for (; list != NULL; list = list->next) {
		if (strcmp(list->name, name) == 0)
			return list->object;
		if (count < NAMES_MOST)
			names[count++] = list->name;
	}
	config_error(reader->errors, location, "%s '%s': it is not defined%s", what, name,
		dict_did_you_mean(name, names, meant, sizeof meant));
	return NULL;
}

void dict_refuse_attributes(
	struct dict_reader *reader, const struct location *location, void *target)
{
	(void)target;
	config_error(
		reader->errors, location, "this class has no attribute to be set but 'terminator'");
}

void dict_add_filter(
	struct dict_reader *reader, const struct location *location, const char *name, void *target)
{
	const struct filter *filter =
		dict_lookup(reader, reader->filters, name, location, "Unable to add filter");
	struct filter_list *list = target;

	if (filter != NULL && LIST_ADD(reader->arena, list, filter) < 0)
		reader->no_memory = true;
}
