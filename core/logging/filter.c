/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/filter.h"

#include "core/base/number.h"

#include <string.h>

static struct log_record *apply_name(
	const struct filter *filter, struct log_record *record, struct log_record *spare)
{
	size_t length = filter->name_length;
	bool below = length == 0 ||
		     (strncmp(record->name, filter->name, length) == 0 &&
			     (record->name[length] == '\0' || record->name[length] == '.'));

	(void)spare;
	return below ? record : NULL;
}

/* The rank of RECORD; negative: none. */
static int64_t rank_of(const struct filter *filter, const struct log_record *record)
{
	char buffer[32];
	struct text text;
	int64_t rank;

	text_init(&text, buffer, sizeof buffer);
	if (!record_attribute(record, "rank", &text))
		return filter->own_rank;
	return number_parse(buffer, &rank) ? rank : -1;
}

static bool has_rank(const struct filter *filter, const struct log_record *record)
{
	int64_t rank = rank_of(filter, record);

	if (rank < 0)
		return true;
	for (size_t i = 0; i < filter->rank_count; i++)
		if (filter->ranks[i] == rank)
			return true;
	return false;
}

static struct log_record *apply_ranks(
	const struct filter *filter, struct log_record *record, struct log_record *spare)
{
	(void)spare;
	return has_rank(filter, record) ? record : NULL;
}

struct filter *filter_new(struct arena *arena, const char *name)
{
	struct filter *filter = arena_alloc(arena, sizeof *filter);

	if (filter == NULL)
		return NULL;
	filter->apply = apply_name;
	filter->name = arena_strdup(arena, name);
	filter->name_length = strlen(name);
	return filter->name == NULL ? NULL : filter;
}

struct filter *rank_filter_new(
	struct arena *arena, const int64_t *ranks, size_t count, int64_t own_rank)
{
	struct filter *filter = arena_alloc(arena, sizeof *filter);
	int64_t *copy = arena_alloc(arena, count * sizeof *copy);

	if (filter == NULL || copy == NULL)
		return NULL;
	memcpy(copy, ranks, count * sizeof *copy);
	filter->apply = apply_ranks;
	filter->ranks = copy;
	filter->rank_count = count;
	filter->own_rank = own_rank;
	return filter;
}

struct log_record *filters_apply(
	const struct filter_list *list, struct log_record *record, struct log_record *spare)
{
	for (size_t i = 0; i < list->count && record != NULL; i++)
		record = list->items[i]->apply(list->items[i], record, spare);
	return record;
}

void filter_describe(const struct filter *filter, struct text *text)
{
	if (filter->apply == apply_name) {
		text_printf(text, "name='%s'", filter->name);
		return;
	}
	if (filter->apply != apply_ranks) {
		text_add(text, filter->label == NULL ? "of the program" : filter->label);
		return;
	}
	text_add(text, "ranks=[");
	for (size_t i = 0; i < filter->rank_count; i++) {
		text_add(text, i == 0 ? "" : ", ");
		text_i64(text, filter->ranks[i]);
	}
	text_char(text, ']');
}
