/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict/dict_signals.h"

#include "core/base/number.h"
#include "core/base/signal_table.h"

#include <signal.h>
#include <string.h>

/* Names are suggested without "SIG", as the lists are best written; realtime signals never are. */
static void unknown_signal(
	struct dict_reader *reader, const struct location *location, const char *name)
{
	const char *known[SIGNAL_RTMIN] = {NULL};
	char buffer[16], meant[64];

	for (int number = 1; number < 32; number++)
		known[number - 1] = signal_name(number, buffer) + 3;
	config_error(reader->errors, location, "unknown signal '%s'%s", name,
		dict_did_you_mean(strncmp(name, "SIG", 3) == 0 ? name + 3 : name, known, meant,
			sizeof meant));
}

/* Numbers of signals differ between machines, and nobody sees which one is meant. */
static void refuse_number(
	struct dict_reader *reader, const struct location *location, int64_t number)
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

/* The signal that PLACE names; -1 after an error was reported. */
static int read_signal(struct dict_reader *reader, const struct location *location)
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

/* Call EACH with every element of the list at PLACE, resolved. */
static void each_element(struct dict_reader *reader, const struct location *location, void *target,
	void (*each)(struct dict_reader *reader, const struct location *location, void *target))
{
	size_t index = 0;

	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next) {
		struct location element = {location, NULL, index++, item->value};

		element.value = dict_resolve(reader, &element);
		if (element.value != NULL)
			each(reader, &element, target);
	}
}

static void add_signal(struct dict_reader *reader, const struct location *location, void *target)
{
	int number = read_signal(reader, location);

	if (number > 0)
		*(uint64_t *)target |= settings_signal(number);
}

void dict_signals(
	struct dict_reader *reader, const struct location *location, uint64_t *ret_signals)
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

/* TARGET is the set of those in the other list. */
static void refuse_double(struct dict_reader *reader, const struct location *location, void *target)
{
	int number =
		location->value->type == VALUE_STRING ? signal_number(location->value->text) : -1;
	char buffer[16];

	if (number > 0 && (*(uint64_t *)target & settings_signal(number)))
		config_error(reader->errors, location,
			"%s is in 'core', too; a signal is in one list",
			signal_name(number, buffer));
}

void dict_signals_settle(struct dict_reader *reader, const struct location *location,
	struct signal_settings *signals)
{
	const struct value_item *terminated = value_dict_get(location->value, "terminated");
	struct location list = {
		location, "terminated", 0, terminated == NULL ? NULL : terminated->value};

	if (terminated == NULL)
		signals->terminated &= ~signals->core;
	else if (value_dict_get(location->value, "core") == NULL)
		signals->core &= ~signals->terminated;
	else if ((list.value = dict_resolve(reader, &list)) != NULL)
		each_element(reader, &list, &signals->core, refuse_double);
}

/* One in a row of realtime signals: "RTMIN+1", or "RTMIN to RTMIN+30" for all of the row. Returns
 * its last. */
static int add_row(uint64_t signals, int first, struct text *text)
{
	char buffer[16];
	int last = first;

	while (first >= SIGNAL_RTMIN && last < SIGNAL_MAX && (signals & settings_signal(last + 1)))
		last++;
	text_add(text, signal_name(first, buffer) + 3);
	if (last > first)
		text_printf(text, " to %s", signal_name(last, buffer) + 3);
	return last;
}

void settings_add_signals(uint64_t signals, struct text *text)
{
	size_t start = text->length;

	for (int number = 1; number <= SIGNAL_MAX; number++) {
		if (!(signals & settings_signal(number)))
			continue;
		text_add(text, text->length == start ? "" : ", ");
		number = add_row(signals, number, text);
	}
	if (signals == 0)
		text_add(text, "none");
}
