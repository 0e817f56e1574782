/* SPDX-License-Identifier: Apache-2.0 */
/* The key `vigil` of a configuration: vigil's own settings, by settings_table. */
#include "core/config/dict/dict_sections.h"

#include "core/base/arena.h"
#include "core/base/call_counts.h"
#include "core/base/call_probe.h"
#include "core/base/number.h"
#include "core/base/signal_table.h"

#include <string.h>

static bool is_in(const struct setting *setting, const char *group)
{
	return group == NULL ? setting->group == NULL
			     : setting->group != NULL && strcmp(setting->group, group) == 0;
}

/* List the keys of GROUP, NULL for the top, where the names of the groups are keys, too. */
static void keys_of(const char *group, const char **ret_keys)
{
	size_t count = 0;

	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (is_in(&settings_table[i], group))
			ret_keys[count++] = settings_table[i].key;
		else if (group == NULL && !is_in(&settings_table[i], settings_table[i - 1].group))
			ret_keys[count++] = settings_table[i].group;
	ret_keys[count] = NULL;
}

static void unknown_setting(struct config_reader *reader, const struct location *location,
	const struct value_item *item, const char *group)
{
	const struct value at = {.line = item->line, .column = item->column};
	const struct location key = {location, item->key, 0, &at};
	const char *keys[SETTING_COUNT + 1];
	char known[256], meant[64];

	keys_of(group, keys);
	config_error(reader->errors, &key, "unknown setting; known are: %s%s",
		config_list_names(keys, known, sizeof known),
		config_did_you_mean(item->key, keys, meant, sizeof meant));
}

/* A string of digits is a number, too: all values in an INI file are strings. */
static void read_number(struct config_reader *reader, const struct location *location,
	const struct setting *setting, int *ret)
{
	const struct value *value = location->value;
	bool is_string = value->type == VALUE_STRING, is_number = value->type == VALUE_INT;
	int64_t number = value->number;

	is_number |= is_string && number_parse(value->text, &number);
	if (is_number && number >= setting->least && number <= setting->most)
		*ret = (int)number;
	else
		config_error(reader->errors, location, "expected %s%d to %d, found %s",
			is_number ? "" : "a number from ", setting->least, setting->most,
			is_number || is_string || value->type == VALUE_FLOAT
				? value->text
				: value_type_name(value->type));
}

/* YAML reads the word `off` as false, but here it may be one of the choices. */
static void read_choice(struct config_reader *reader, const struct location *location,
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
	choice = config_choice(reader, &said, setting->choices);
	if (choice >= 0)
		*ret = choice;
}

/* Signals are suggested without "SIG", the shorter form; realtime signals are not suggested. */
static void unknown_signal(
	struct config_reader *reader, const struct location *location, const char *name)
{
	const char *known[SIGNAL_RTMIN] = {NULL};
	char buffer[16], meant[64];

	for (int number = 1; number < 32; number++)
		known[number - 1] = signal_name(number, buffer) + 3;
	config_error(reader->errors, location, "unknown signal '%s'%s", name,
		config_did_you_mean(strncmp(name, "SIG", 3) == 0 ? name + 3 : name, known, meant,
			sizeof meant));
}

/* Numbers of signals differ between machines, and do not show which signal is meant. */
static void refuse_number(
	struct config_reader *reader, const struct location *location, int64_t number)
{
	char buffer[16];

	if (number >= 1 && number <= SIGNAL_MAX && signal_kills((int)number))
		config_error(reader->errors, location,
			"expected the name of a signal, found %d; did you mean '%s'?", (int)number,
			signal_name((int)number, buffer) + 3);
	else
		config_error(reader->errors, location, "expected the name of a signal, found %s",
			location->value->text);
}

/* The signal that LOCATION names; -1 after an error was reported. */
static int read_signal(struct config_reader *reader, const struct location *location)
{
	const struct value *value = location->value;
	int64_t written;
	char buffer[16];
	int number;

	if (value->type == VALUE_INT ||
		(value->type == VALUE_STRING && number_parse(value->text, &written))) {
		refuse_number(reader, location, value->type == VALUE_INT ? value->number : written);
		return -1;
	}
	if (value->type != VALUE_STRING) {
		config_error(reader->errors, location, "expected the name of a signal, found %s",
			value_type_name(value->type));
		return -1;
	}
	number = signal_number(value->text);
	if (number < 0)
		unknown_signal(reader, location, value->text);
	else if (!signal_kills(number))
		config_error(reader->errors, location, "%s %s", signal_name(number, buffer),
			number == SIGKILL || number == SIGSTOP
				? "cannot be caught"
				: "does not end a process by default");
	return number < 0 || !signal_kills(number) ? -1 : number;
}

/* Call EACH with every element of the list at LOCATION, resolved. */
static void each_element(struct config_reader *reader, const struct location *location,
	void *target,
	void (*each)(struct config_reader *reader, const struct location *location, void *target))
{
	size_t index = 0;

	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next) {
		struct location element = {location, NULL, index++, item->value};

		element.value = config_resolve(reader, &element);
		if (element.value != NULL)
			each(reader, &element, target);
	}
}

static void add_signal(struct config_reader *reader, const struct location *location, void *target)
{
	int number = read_signal(reader, location);

	if (number > 0)
		*(uint64_t *)target |= SIGNAL_BIT(number);
}

/* The list at LOCATION as a set. An error in it is reported, and leaves the signal out. */
static void read_signal_set(
	struct config_reader *reader, const struct location *location, uint64_t *ret_signals)
{
	if (location->value->type != VALUE_LIST) {
		config_error(reader->errors, location,
			"expected a list of signals, found %s; write [%s]",
			value_type_name(location->value->type),
			location->value->type == VALUE_STRING ? location->value->text : "");
		return;
	}
	*ret_signals = 0;
	each_element(reader, location, ret_signals, add_signal);
}

/* Report the signal at LOCATION where TARGET, the uint64_t of `core`, has it, too. */
static void refuse_double(
	struct config_reader *reader, const struct location *location, void *target)
{
	int number =
		location->value->type == VALUE_STRING ? signal_number(location->value->text) : -1;
	char buffer[16];

	if (number > 0 && (*(uint64_t *)target & SIGNAL_BIT(number)))
		config_error(reader->errors, location,
			"%s is in 'core', too; a signal is in one list",
			signal_name(number, buffer));
}

/* A signal that one list names is removed from the other list, if that is the default. A signal in
 * both lists is an error. */
static void settle_signals(struct config_reader *reader, const struct location *location,
	struct signal_settings *signals)
{
	const struct value_item *terminated = value_dict_get(location->value, "terminated");
	struct location list = {
		location, "terminated", 0, terminated == NULL ? NULL : terminated->value};

	if (terminated == NULL)
		signals->terminated &= ~signals->core;
	else if (value_dict_get(location->value, "core") == NULL)
		signals->core &= ~signals->terminated;
	else if ((list.value = config_resolve(reader, &list)) != NULL)
		each_element(reader, &list, &signals->core, refuse_double);
}

/* Names of functions, joined. */
struct names {
	struct text text;
	char joined[1024];
};

static bool is_function_name(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++)
		if (name[i] != '_' && !is_alpha(name[i]) && (i == 0 || !is_digit(name[i])))
			return false;
	return length > 0 && length < CALL_NAME_SIZE;
}

static void add_name(struct config_reader *reader, const struct location *location, void *target)
{
	struct names *names = target;
	const struct value *value = location->value;

	if (value->type != VALUE_STRING)
		config_error(reader->errors, location, "expected the name of a function, found %s",
			value_type_name(value->type));
	else if (!is_function_name(value->text))
		config_error(reader->errors, location, "'%s' is no name of a function of C",
			value->text);
	else
		text_printf(&names->text, "%s%s", names->text.length == 0 ? "" : " ", value->text);
	if (names->text.truncated)
		config_error(reader->errors, location, "too many names");
}

/* The types of arguments: they say how the function is declared, and are not looked at. */
static const char *const argument_types[] = {
	"i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "ptr", "f32", "f64", NULL};

static void check_argument_type(
	struct config_reader *reader, const struct location *location, void *nothing)
{
	(void)nothing;
	config_choice(reader, location, argument_types);
}

static void read_argument_types(
	struct config_reader *reader, const struct location *location, void *nothing)
{
	if (location->value->type == VALUE_LIST)
		each_element(reader, location, nothing, check_argument_type);
	else
		config_error(reader->errors, location, "expected a list of types, found %s",
			value_type_name(location->value->type));
}

/* How a call's failure is seen. */
struct probe_text {
	const char *returns, *failed;
};

static const struct key_spec probe_keys[] = {
	{.key = "args", .read = read_argument_types, .type = KEY_BY_FUNCTION},
	{.key = "returns", .type = KEY_STRING, .offset = offsetof(struct probe_text, returns)},
	{.key = "failed", .type = KEY_STRING, .offset = offsetof(struct probe_text, failed)},
	{.key = NULL},
};

/* Adds the probe at LOCATION, a dict, to the name that was added last. */
static void add_probe(
	struct config_reader *reader, const struct location *location, struct names *names)
{
	struct probe_text text = {"i32", "!= 0"};
	struct call_probe probe;

	config_read(reader, location, probe_keys, UNKNOWN_REFUSED, &text);
	if (call_probe_read(text.returns, text.failed, &probe))
		text_printf(&names->text, ":%s:%s:%ld", call_probe_types[probe.type],
			call_probe_comparisons[probe.comparison], (long)probe.value);
	else
		config_error(reader->errors, location,
			"expected `returns: i32` (or u32, i64, u64, ptr) and `failed: \"!= 0\"`, "
			"found %s and \"%s\"",
			text.returns, text.failed);
}

/* The members of LOCATION, a dict: names, each with nothing, true, or a probe. */
static void read_probes(
	struct config_reader *reader, const struct location *location, struct names *names)
{
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next) {
		struct location member = {location, item->key, 0, item->value};
		const struct value key = {.type = VALUE_STRING,
			.text = item->key,
			.line = item->line,
			.column = item->column};
		struct location name = {location, item->key, 0, &key};

		member.value = config_resolve(reader, &member);
		if (member.value == NULL)
			continue;
		add_name(reader, &name, names);
		if (member.value->type == VALUE_DICT)
			add_probe(reader, &member, names);
		else if (member.value->type != VALUE_NULL &&
			 (member.value->type != VALUE_BOOL || member.value->number == 0))
			config_error(reader->errors, &member,
				"expected true or a mapping, found %s",
				value_type_name(member.value->type));
	}
}

/* `calls: false` is another way to write an empty list. */
static void read_names(
	struct config_reader *reader, const struct location *location, const char **ret_names)
{
	const struct value *value = location->value;
	struct names names;
	const char *joined;

	text_init(&names.text, names.joined, sizeof names.joined);
	if (value->type == VALUE_LIST) {
		each_element(reader, location, &names, add_name);
	} else if (value->type == VALUE_DICT) {
		read_probes(reader, location, &names);
	} else if (value->type != VALUE_BOOL || value->number != 0) {
		config_error(reader->errors, location,
			"expected a list of functions, found %s; write [%s]",
			value_type_name(value->type),
			value->type == VALUE_STRING ? value->text : "");
		return;
	}
	joined = arena_strdup(reader->arena, names.joined);
	if (joined != NULL)
		*ret_names = joined;
}

static void read_setting(struct config_reader *reader, const struct location *location,
	const struct setting *setting)
{
	void *at = (char *)&reader->settings + setting->offset;

	switch (setting->kind) {
	case SETTING_BOOLEAN: config_boolean(reader, location, at); break;
	case SETTING_NUMBER: read_number(reader, location, setting, at); break;
	case SETTING_CHOICE: read_choice(reader, location, setting, at); break;
	case SETTING_SIGNALS: read_signal_set(reader, location, at); break;
	case SETTING_NAMES: read_names(reader, location, at); break;
	}
}

static const struct setting *find_setting(const char *group, const char *key)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (is_in(&settings_table[i], group) && strcmp(settings_table[i].key, key) == 0)
			return &settings_table[i];
	return NULL;
}

/* Read the members of LOCATION, a dict: the settings of GROUP (NULL: of the top), and what OTHER
 * (NULL: nothing) reads. */
static void read_members(struct config_reader *reader, const struct location *location,
	const char *group,
	bool (*other)(struct config_reader *reader, const struct location *location))
{
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next) {
		const struct setting *setting = find_setting(group, item->key);
		struct location member = {location, item->key, 0, item->value};

		member.value = config_resolve(reader, &member);
		if (member.value == NULL)
			continue;
		if (setting != NULL)
			read_setting(reader, &member, setting);
		else if (other == NULL || !other(reader, &member))
			unknown_setting(reader, location, item, group);
	}
}

/* `trace: false` is another way to write a timeout of 0. */
static void read_trace(struct config_reader *reader, const struct location *location)
{
	bool wanted = true;

	if (location->value->type == VALUE_DICT) {
		read_members(reader, location, "trace", NULL);
	} else if (location->value->type != VALUE_BOOL && location->value->type != VALUE_STRING) {
		config_error(reader->errors, location,
			"expected true, false or a mapping, found %s",
			value_type_name(location->value->type));
	} else if (config_boolean(reader, location, &wanted) && !wanted) {
		reader->settings.trace.timeout_ms = 0;
	}
}

static void read_signals(struct config_reader *reader, const struct location *location)
{
	if (!config_is_dict(reader, location))
		return;
	read_members(reader, location, "signals", NULL);
	settle_signals(reader, location, &reader->settings.signals);
}

/* False where LOCATION is no group of settings. */
static bool read_group(struct config_reader *reader, const struct location *location)
{
	bool trace = strcmp(location->key, "trace") == 0;

	if (!trace && strcmp(location->key, "signals") != 0)
		return false;
	if (location->value->type != VALUE_NULL)
		(trace ? read_trace : read_signals)(reader, location);
	return true;
}

void dict_settings(struct config_reader *reader, const struct location *location)
{
	if (location->value->type != VALUE_NULL && config_is_dict(reader, location))
		read_members(reader, location, NULL, read_group);
}
