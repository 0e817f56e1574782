/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of vigil.ColorFormatter. */
#include "core/config/dict/dict_formatter.h"

void dict_formatter_color(struct dict_reader *reader, const struct location *location, void *target)
{
	const char *names[COLOR_CHOICE_COUNT_ + 1] = {NULL};
	enum color_choice *choice = &((struct formatter_target *)target)->color.choice;
	int chosen;

	if (location->value->type == VALUE_NULL)
		return;
	if (location->value->type == VALUE_BOOL) {
		*choice = location->value->number != 0 ? COLOR_ALWAYS : COLOR_NEVER;
		return;
	}
	for (int i = 0; i < COLOR_CHOICE_COUNT_; i++)
		names[i] = color_choice_name((enum color_choice)i);
	chosen = dict_choice(reader, location, names);
	if (chosen >= 0)
		*choice = (enum color_choice)chosen;
}

void dict_formatter_abbrev(
	struct dict_reader *reader, const struct location *location, void *target)
{
	const struct value *value = location->value;
	struct abbreviation *list;
	size_t count = 0;

	if (value->type == VALUE_NULL)
		return;
	if (value->type != VALUE_DICT) {
		config_error(reader->errors, location, "expected a mapping, found %s",
			value_type_name(value->type));
		return;
	}
	list = arena_alloc(reader->arena, (value->count + 1) * sizeof *list);
	if (list == NULL) {
		reader->no_memory = true;
		return;
	}
	for (const struct value_item *item = value->items; item != NULL; item = item->next) {
		const char *text = dict_string(
			reader, &(struct location){location, item->key, 0, item->value});

		if (text != NULL)
			list[count++] = (struct abbreviation){item->key, text};
	}
	((struct formatter_target *)target)->color.abbreviations = list;
}
