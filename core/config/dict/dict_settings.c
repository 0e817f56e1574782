/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict/dict_settings.h"

#include "core/base/number.h"
#include "core/config/dict/dict_signals.h"

#include <string.h>

enum kind { BOOLEAN, NUMBER, CHOICE, SIGNALS };

static const char *const threads[] = {"crashed", "python", "all", NULL};
static const char *const argv_forms[] = {"masked", "full", "none", NULL};
static const char *const names[] = {"symtab", "dynsym", "off", NULL};

/* The order is that of `vigil check`. */
static const struct setting {
	const char *group; /* NULL: it stands at the top */
	const char *key;
	enum kind kind;
	size_t offset;
	int least, most;	    /* of a number */
	const char *const *choices; /* by the values of its enum */
} table[] = {
#define AT(member) offsetof(struct config_settings, member)
	{NULL, "factories", BOOLEAN, AT(factories), 0, 0, NULL},
	{NULL, "error_file", BOOLEAN, AT(error_file), 0, 0, NULL},
	{NULL, "argv", CHOICE, AT(argv), 0, 0, argv_forms},
	{"trace", "frames", NUMBER, AT(trace.frames), 1, SETTINGS_FRAMES_MAX, NULL},
	{"trace", "threads", CHOICE, AT(trace.threads), 0, 0, threads},
	{"trace", "timeout_ms", NUMBER, AT(trace.timeout_ms), 0, SETTINGS_TIMEOUT_MS_MAX, NULL},
	{"trace", "names", CHOICE, AT(trace.names), 0, 0, names},
	{"trace", "registers", BOOLEAN, AT(trace.registers), 0, 0, NULL},
	{"trace", "python", BOOLEAN, AT(trace.python), 0, 0, NULL},
	{"trace", "cxx", BOOLEAN, AT(trace.cxx), 0, 0, NULL},
	{"trace", "abort_message", BOOLEAN, AT(trace.abort_message), 0, 0, NULL},
	{"trace", "exits", BOOLEAN, AT(trace.exits), 0, 0, NULL},
	{"trace", "terminated", BOOLEAN, AT(trace.terminated), 0, 0, NULL},
	{"trace", "alternate_stacks", BOOLEAN, AT(trace.alternate_stacks), 0, 0, NULL},
	{"signals", "core", SIGNALS, AT(signals.core), 0, 0, NULL},
	{"signals", "terminated", SIGNALS, AT(signals.terminated), 0, 0, NULL},
};

#define SETTING_COUNT (sizeof table / sizeof *table)

_Static_assert(sizeof(enum trace_threads) == sizeof(int) &&
		       sizeof(enum trace_names) == sizeof(int) &&
		       sizeof(enum argv_form) == sizeof(int),
	"a choice is set as an int");

static bool is_in(const struct setting *setting, const char *group)
{
	return group == NULL ? setting->group == NULL
			     : setting->group != NULL && strcmp(setting->group, group) == 0;
}

/* The keys of GROUP; at the top the groups are keys, too. */
static size_t keys_of(const char *group, const char **ret_keys)
{
	size_t count = 0;

	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (is_in(&table[i], group))
			ret_keys[count++] = table[i].key;
		else if (group == NULL && !is_in(&table[i], table[i - 1].group))
			ret_keys[count++] = table[i].group;
	ret_keys[count] = NULL;
	return count;
}

static void unknown_setting(struct dict_reader *reader, const struct location *location,
	const struct value_item *item, const char *group)
{
	const struct value at = {.line = item->line, .column = item->column};
	const struct location key = {location, item->key, 0, &at};
	const char *keys[SETTING_COUNT + 1];
	size_t count = keys_of(group, keys);
	char known[256], meant[64];
	struct text text;

	text_init(&text, known, sizeof known);
	for (size_t i = 0; i < count; i++)
		text_printf(&text, "%s%s", i == 0 ? "" : ", ", keys[i]);
	config_error(reader->errors, &key, "unknown setting; known are: %s%s", known,
		dict_did_you_mean(item->key, keys, meant, sizeof meant));
}

/* A string of digits counts, too: INI has no others. */
static void read_number(struct dict_reader *reader, const struct location *location,
	const struct setting *setting, int *ret)
{
	const struct value *value = location->value;
	int64_t number = value->number;

	if (value->type == VALUE_INT ||
		(value->type == VALUE_STRING && number_parse(value->text, &number))) {
		if (number >= setting->least && number <= setting->most)
			*ret = (int)number;
		else
			config_error(reader->errors, location, "expected %d to %d, found %s",
				setting->least, setting->most, value->text);
		return;
	}
	config_error(reader->errors, location, "expected a number from %d to %d, found %s",
		setting->least, setting->most,
		value->type == VALUE_STRING || value->type == VALUE_FLOAT
			? value->text
			: value_type_name(value->type));
}

/* YAML reads the word off as false. */
static void read_choice(struct dict_reader *reader, const struct location *location,
	const struct setting *setting, int *ret)
{
	struct value word = *location->value;
	struct location said = *location;
	int choice;

	if (word.type == VALUE_BOOL) {
		word.type = VALUE_STRING;
		word.text = word.number != 0 ? "true" : "off";
		said.value = &word;
	}
	choice = dict_choice(reader, &said, setting->choices);
	if (choice >= 0)
		*ret = choice;
}

static void read_setting(
	struct dict_reader *reader, const struct location *location, const struct setting *setting)
{
	void *at = (char *)&reader->settings + setting->offset;

	switch (setting->kind) {
	case BOOLEAN: dict_boolean(reader, location, at); break;
	case NUMBER: read_number(reader, location, setting, at); break;
	case CHOICE: read_choice(reader, location, setting, at); break;
	case SIGNALS: dict_signals(reader, location, at); break;
	}
}

static void read_trace(struct dict_reader *reader, const struct location *location);
static void read_signals(struct dict_reader *reader, const struct location *location);

static const struct group {
	const char *name;
	void (*read)(struct dict_reader *reader, const struct location *location);
} groups[] = {
	{"trace", read_trace},
	{"signals", read_signals},
};

static bool read_group(struct dict_reader *reader, const struct location *location, const char *key)
{
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (strcmp(groups[i].name, key) == 0) {
			if (location->value->type != VALUE_NULL)
				groups[i].read(reader, location);
			return true;
		}
	return false;
}

static const struct setting *find_setting(const char *group, const char *key)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (is_in(&table[i], group) && strcmp(table[i].key, key) == 0)
			return &table[i];
	return NULL;
}

static void read_members(
	struct dict_reader *reader, const struct location *location, const char *group)
{
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next) {
		const struct setting *setting = find_setting(group, item->key);
		struct location member = {location, item->key, 0, item->value};

		member.value = dict_resolve(reader, &member);
		if (member.value == NULL)
			continue;
		if (setting != NULL)
			read_setting(reader, &member, setting);
		else if (group != NULL || !read_group(reader, &member, item->key))
			unknown_setting(reader, location, item, group);
	}
}

/* `trace: false` is a timeout of 0, which is what it does. */
static void read_trace(struct dict_reader *reader, const struct location *location)
{
	bool wanted = true;

	if (location->value->type == VALUE_DICT) {
		read_members(reader, location, "trace");
	} else if (location->value->type != VALUE_BOOL && location->value->type != VALUE_STRING) {
		config_error(reader->errors, location,
			"expected true, false or a mapping, found %s",
			value_type_name(location->value->type));
	} else if (dict_boolean(reader, location, &wanted) && !wanted) {
		reader->settings.trace.timeout_ms = 0;
	}
}

static void read_signals(struct dict_reader *reader, const struct location *location)
{
	if (location->value->type == VALUE_DICT) {
		read_members(reader, location, "signals");
		dict_signals_settle(reader, location, &reader->settings.signals);
	} else {
		config_error(reader->errors, location, "expected a mapping, found %s",
			value_type_name(location->value->type));
	}
}

void dict_settings(struct dict_reader *reader, const struct location *location)
{
	if (location->value->type == VALUE_NULL)
		return;
	if (location->value->type == VALUE_DICT)
		read_members(reader, location, NULL);
	else
		config_error(reader->errors, location, "expected a mapping, found %s",
			value_type_name(location->value->type));
}

static void add_value(struct text *text, const struct setting *setting, const void *at)
{
	switch (setting->kind) {
	case BOOLEAN: text_add(text, *(const bool *)at ? "true" : "false"); break;
	case NUMBER: text_i64(text, *(const int *)at); break;
	case CHOICE: text_add(text, setting->choices[*(const int *)at]); break;
	case SIGNALS: settings_add_signals(*(const uint64_t *)at, text); break;
	}
}

static bool is_default(const struct setting *setting, const void *at)
{
	static const size_t sizes[] = {
		[BOOLEAN] = sizeof(bool),
		[NUMBER] = sizeof(int),
		[CHOICE] = sizeof(int),
		[SIGNALS] = sizeof(uint64_t),
	};
	struct config_settings settings;

	settings_default(&settings);
	return memcmp(at, (const char *)&settings + setting->offset, sizes[setting->kind]) == 0;
}

bool settings_describe(const struct config_settings *settings, size_t index, struct text *text)
{
	const struct setting *setting;
	const void *at;

	if (index >= SETTING_COUNT)
		return false;
	setting = &table[index];
	at = (const char *)settings + setting->offset;
	if (is_default(setting, at))
		return true;
	text_printf(text, "%s%s%s: ", setting->group == NULL ? "" : setting->group,
		setting->group == NULL ? "" : ".", setting->key);
	add_value(text, setting, at);
	return true;
}
