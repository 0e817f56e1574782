/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/reader.h"

#include "core/logging/level.h"

#include <limits.h>
#include <string.h>

/* The most names that are compared for a suggestion. */
#define NAMES_MOST 32

const char *config_last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot == NULL ? name : dot + 1;
}

/* The one of NAMES whose last part is nearest to that of WORD; NULL when none is near. */
static const char *same_class(const char *word, const char *const *names, size_t count)
{
	const char *parts[NAMES_MOST], *meant;

	for (size_t i = 0; i < count; i++)
		parts[i] = config_last_part(names[i]);
	meant = config_suggestion(config_last_part(word), parts, count);
	for (size_t i = 0; i < count && meant != NULL; i++)
		if (parts[i] == meant)
			return names[i];
	return NULL;
}

const char *config_did_you_mean(
	const char *word, const char *const *names, char *buffer, size_t size)
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

const char *config_list_names(const char *const *names, char *buffer, size_t size)
{
	struct text text;

	text_init(&text, buffer, size);
	for (size_t i = 0; names[i] != NULL; i++)
		text_printf(&text, "%s%s", i == 0 ? "" : ", ", names[i]);
	return buffer;
}

bool config_is_dict(struct config_reader *reader, const struct location *location)
{
	if (location->value->type == VALUE_DICT)
		return true;
	config_error(reader->errors, location, "expected a mapping, found %s",
		value_type_name(location->value->type));
	return false;
}

static void unknown_key(struct config_reader *reader, const struct location *location,
	const struct key_spec *keys, enum unknown_keys unknown)
{
	const char *names[NAMES_MOST + 1] = {NULL};
	char known[512], meant[64];
	size_t count = 0;

	for (; count < NAMES_MOST && keys->key != NULL; keys++)
		if (!keys->unlisted)
			names[count++] = keys->key;
	config_list_names(names, known, sizeof known);
	config_did_you_mean(location->key, names, meant, sizeof meant);
	if (unknown == UNKNOWN_WARNED)
		config_warning(reader->errors, location,
			"unknown key, passed over as Python does; known are: %s%s", known, meant);
	else
		config_error(reader->errors, location,
			"got an unexpected keyword argument '%s'; known are: %s%s", location->key,
			known, meant);
}

static void read_choice(struct config_reader *reader, const struct location *location,
	const struct key_spec *spec, unsigned *ret)
{
	int choice = location->value->type == VALUE_NULL
			     ? -1
			     : config_choice(reader, location, spec->names);

	if (choice >= 0)
		*ret = (unsigned)(spec->least + choice);
}

static void read_key(struct config_reader *reader, const struct location *location,
	const struct key_spec *spec, void *target)
{
	void *at = (char *)target + spec->offset;

	switch (spec->type) {
	case KEY_BY_FUNCTION: spec->read(reader, location, target); break;
	case KEY_IGNORED: break;
	case KEY_STRING_OR_NULL:
		if (location->value->type == VALUE_NULL)
			break;
		/* fall through */
	case KEY_STRING: *(const char **)at = config_string(reader, location); break;
	case KEY_INTEGER: config_integer(reader, location, spec->least, spec->most, at); break;
	case KEY_TRUTH: *(bool *)at = value_truth(location->value); break;
	case KEY_LEVEL: config_level(reader, location, at); break;
	case KEY_CHOICE: read_choice(reader, location, spec, at); break;
	}
}

void config_read(struct config_reader *reader, const struct location *location,
	const struct key_spec *keys, enum unknown_keys unknown, void *target)
{
	if (!config_is_dict(reader, location))
		return;
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next) {
		const struct key_spec *spec = keys;
		struct location member = {location, item->key, 0, item->value};
		/* An unknown key is reported at the key's own position, not at its value's. */
		struct value key = {.line = item->line, .column = item->column};

		while (spec->key != NULL && strcmp(spec->key, item->key) != 0)
			spec++;
		if (spec->key != NULL) {
			member.value = config_resolve(reader, &member);
			if (member.value != NULL)
				read_key(reader, &member, spec, target);
			continue;
		}
		member.value = &key;
		if (unknown != UNKNOWN_IGNORED)
			unknown_key(reader, &member, keys, unknown);
	}
}

/* Call EACH for ITEM, a member of LOCATION, or what it refers to. */
static void call_member(struct config_reader *reader, const struct location *location,
	const struct value_item *item,
	void (*each)(struct config_reader *reader, const struct location *location))
{
	struct location member = {location, item->key, 0, item->value};

	member.value = config_resolve(reader, &member);
	if (member.value != NULL)
		each(reader, &member);
}

void config_each(struct config_reader *reader, const struct location *location,
	void (*each)(struct config_reader *reader, const struct location *location))
{
	if (!config_is_dict(reader, location))
		return;
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next)
		call_member(reader, location, item, each);
}

/* The member with the first key, in the order of strcmp(), behind AFTER (NULL: of all). */
static const struct value_item *next_key(const struct value *dict, const char *after)
{
	const struct value_item *next = NULL;

	for (const struct value_item *item = dict->items; item != NULL; item = item->next)
		if ((after == NULL || strcmp(item->key, after) > 0) &&
			(next == NULL || strcmp(item->key, next->key) < 0))
			next = item;
	return next;
}

/* Each step searches the whole dict: no configuration has so many handlers that it matters. */
void config_each_sorted(struct config_reader *reader, const struct location *location,
	void (*each)(struct config_reader *reader, const struct location *location))
{
	if (!config_is_dict(reader, location))
		return;
	for (const struct value_item *item = next_key(location->value, NULL); item != NULL;
		item = next_key(location->value, item->key))
		call_member(reader, location, item, each);
}

static void names_of_string(struct config_reader *reader, const struct location *location,
	void (*add)(struct config_reader *, const struct location *, const char *, void *),
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

void config_names(struct config_reader *reader, const struct location *location,
	void (*add)(struct config_reader *reader, const struct location *location, const char *name,
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
		const char *name = config_string(reader, &element);

		if (name != NULL)
			add(reader, &element, name, target);
	}
}

const char *config_string(struct config_reader *reader, const struct location *location)
{
	const struct value *value = config_resolve(reader, location);

	if (value == NULL)
		return NULL;
	if (value->type == VALUE_STRING)
		return value->text;
	config_error(reader->errors, location, "expected a string, found %s",
		value_type_name(value->type));
	return NULL;
}

bool config_integer(struct config_reader *reader, const struct location *location, int64_t least,
	int64_t most, int64_t *ret_number)
{
	const struct value *value = location->value;

	if (value->type != VALUE_INT && value->type != VALUE_BOOL) {
		config_error(reader->errors, location, "expected an integer, found %s",
			value_type_name(value->type));
		return false;
	}
	if (value->number < least || value->number > most) {
		config_error(reader->errors, location, "expected %lld to %lld, found %lld",
			(long long)least, (long long)most, (long long)value->number);
		return false;
	}
	*ret_number = value->number;
	return true;
}

int config_index(const char *const *names, const char *word)
{
	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], word) == 0)
			return i;
	return -1;
}

/* Report that CLASS is none of NAMES, and that Python classes cannot run here if CLASS is one. */
static void unknown_class(struct config_reader *reader, const struct location *location,
	const char *class, const char *const *names)
{
	bool python = strchr(class, '.') != NULL && strncmp(class, "logging.", 8) != 0 &&
		      strncmp(class, "vigil.", 6) != 0;
	bool library = python || (location->key != NULL && strcmp(location->key, "()") == 0);
	char known[1024], meant[80];

	config_error(reader->errors, location, "Cannot resolve '%s'%s; known are: %s%s%s", class,
		python ? "; a Python class cannot run here" : "",
		config_list_names(names, known, sizeof known),
		library ? ", and a library's as '/path/lib.so:symbol'" : "",
		config_did_you_mean(class, names, meant, sizeof meant));
}

int config_class(
	struct config_reader *reader, const struct location *location, const char *const *names)
{
	const char *class = config_string(reader, location);
	int index = class == NULL ? -1 : config_index(names, class);

	if (class != NULL && index < 0)
		unknown_class(reader, location, class, names);
	return index;
}

bool config_find_class(const struct location *location, struct location *ret)
{
	const struct value_item *item = value_dict_get(location->value, "()");

	if (item == NULL)
		item = value_dict_get(location->value, "class");
	if (item != NULL)
		*ret = (struct location){location, item->key, 0, item->value};
	return item != NULL;
}

int config_choice(
	struct config_reader *reader, const struct location *location, const char *const *names)
{
	const char *word = config_string(reader, location);
	int index = word == NULL ? -1 : config_index(names, word);
	char known[256], meant[64];

	if (word == NULL || index >= 0)
		return index;
	config_error(reader->errors, location, "expected one of %s, found '%s'%s",
		config_list_names(names, known, sizeof known), word,
		config_did_you_mean(word, names, meant, sizeof meant));
	return -1;
}

int config_named(struct config_reader *reader, const struct location *location, const char *noun,
	const char *const *names, const char *known)
{
	const char *word = config_string(reader, location);
	int index = word == NULL ? -1 : config_index(names, word);
	char buffer[256];

	if (word == NULL || index >= 0)
		return index;
	config_error(reader->errors, location, "unknown %s '%s'; known are: %s", noun, word,
		known == NULL ? config_list_names(names, buffer, sizeof buffer) : known);
	return -1;
}

static bool same_word(const char *word, const char *lower)
{
	for (; *word != '\0' && (*word | 32) == *lower; word++)
		lower++;
	return *word == *lower;
}

bool config_boolean(
	struct config_reader *reader, const struct location *location, bool *ret_boolean)
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

static bool unknown_level(struct config_reader *reader, const struct location *location)
{
	const char *names[NAMES_MOST + 1] = {NULL};
	char meant[64];

	for (unsigned i = 0; i < NAMES_MOST && level_known(i) != NULL; i++)
		names[i] = level_known(i);
	config_error(reader->errors, location, "Unknown level: '%s'%s", location->value->text,
		config_did_you_mean(location->value->text, names, meant, sizeof meant));
	return false;
}

bool config_level(struct config_reader *reader, const struct location *location, int *ret_level)
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
