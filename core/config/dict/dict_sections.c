/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict/dict_sections.h"

#include "core/logging/list.h"

#include <string.h>

/* The most names that are compared for a suggestion. */
#define NAMES_MOST 32

void dict_define(
	struct config_reader *reader, struct named **list, const char *name, const void *object)
{
	struct named *named = arena_alloc(reader->arena, sizeof *named);

	if (named == NULL) {
		reader->no_memory = true;
		return;
	}
	*named = (struct named){name, object, *list};
	*list = named;
}

const void *dict_lookup(struct config_reader *reader, const struct named *list, const char *name,
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
		config_did_you_mean(name, names, meant, sizeof meant));
	return NULL;
}

void dict_add_filter(struct config_reader *reader, const struct location *location,
	const char *name, void *target)
{
	const struct filter *filter = dict_lookup(
		reader, reader->sections->filters, name, location, "Unable to add filter");
	struct filter_list *list = target;

	if (filter != NULL && LIST_ADD(reader->arena, list, filter) < 0)
		reader->no_memory = true;
}
