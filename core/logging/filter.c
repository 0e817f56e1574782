/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/filter.h"

#include "core/base/number.h"
#include "core/logging/list.h"

#include <errno.h>
#include <string.h>

static bool name_passes(const struct filter *filter, const struct log_record *record)
{
	if (filter->name_length == 0)
		return true;
	if (strncmp(record->name, filter->name, filter->name_length) != 0)
		return false;
	return record->name[filter->name_length] == '\0' ||
	       record->name[filter->name_length] == '.';
}

static bool rank_passes(const struct filter *filter, const struct log_record *record)
{
	char buffer[32];
	struct text text;
	int64_t rank;

	text_init(&text, buffer, sizeof buffer);
	if (record->extra == NULL || !record->extra->attribute(record->extra, "rank", &text))
		return true;
	if (!number_parse(buffer, &rank) || rank < 0)
		return true;
	for (size_t i = 0; i < filter->rank_count; i++)
		if (filter->ranks[i] == rank)
			return true;
	return false;
}

struct filter *filter_new(struct arena *arena, const char *name)
{
	struct filter *filter = arena_alloc(arena, sizeof *filter);

	if (filter == NULL)
		return NULL;
	filter->passes = name_passes;
	filter->name = arena_strdup(arena, name);
	filter->name_length = strlen(name);
	return filter->name == NULL ? NULL : filter;
}

struct filter *rank_filter_new(struct arena *arena, const int64_t *ranks, size_t count)
{
	struct filter *filter = arena_alloc(arena, sizeof *filter);
	int64_t *copy = arena_alloc(arena, count * sizeof *copy);

	if (filter == NULL || copy == NULL)
		return NULL;
	memcpy(copy, ranks, count * sizeof *copy);
	filter->passes = rank_passes;
	filter->ranks = copy;
	filter->rank_count = count;
	return filter;
}

int filter_list_add(struct arena *arena, struct filter_list *list, const struct filter *filter)
{
	return list_add(arena, (const void ***)&list->items, &list->count, filter);
}

bool filters_pass(const struct filter_list *list, const struct log_record *record)
{
	for (size_t i = 0; i < list->count; i++)
		if (!list->items[i]->passes(list->items[i], record))
			return false;
	return true;
}

void filter_describe(const struct filter *filter, struct text *text)
{
	if (filter->passes == name_passes) {
		text_printf(text, "name='%s'", filter->name);
		return;
	}
	text_add(text, "ranks=[");
	for (size_t i = 0; i < filter->rank_count; i++) {
		text_add(text, i == 0 ? "" : ", ");
		text_i64(text, filter->ranks[i]);
	}
	text_char(text, ']');
}
