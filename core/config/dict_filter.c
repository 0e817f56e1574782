/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict_reader.h"

#include "core/config/factory.h"

#include <string.h>

#define RANKS_MOST 1024

/* A filter as it is read. */
struct filter_target {
	const char *name;
	const struct value *ranks; /* NULL: none given */
	bool by_rank;
};

static void read_name(struct dict_reader *reader, const struct place *place, void *target)
{
	((struct filter_target *)target)->name = dict_string(reader, place);
}

static void read_ranks(struct dict_reader *reader, const struct place *place, void *target)
{
	size_t index = 0;

	if (place->value->type != VALUE_LIST || place->value->count > RANKS_MOST) {
		config_error(
			reader->errors, place, "expected a list of at most %d ranks", RANKS_MOST);
		return;
	}
	for (const struct value_item *item = place->value->items; item != NULL;
		item = item->next, index++)
		if (item->value->type != VALUE_INT || item->value->number < 0)
			config_error(reader->errors,
				&(struct place){place, NULL, index, item->value},
				"expected a rank, an integer from 0");
	((struct filter_target *)target)->ranks = place->value;
}

static const char *const known[] = {"logging.Filter", "vigil.RankFilter", NULL};

void dict_unknown_filter(struct dict_reader *reader, const struct place *place, const char *class)
{
	dict_unknown_class(reader, place, class, known);
}

static void read_class(struct dict_reader *reader, const struct place *place, void *target)
{
	const char *class = dict_string(reader, place);

	if (class == NULL)
		return;
	((struct filter_target *)target)->by_rank = strcmp(class, known[1]) == 0;
	if (strcmp(class, known[0]) != 0 && strcmp(class, known[1]) != 0)
		dict_unknown_filter(reader, place, class);
}

static const struct key_spec keys[] = {
	{"name", read_name},
	{"class", read_class},
	{"ranks", read_ranks},
	{"()", read_class},
	{NULL, NULL},
};

static struct filter *make(struct dict_reader *reader, const struct filter_target *target)
{
	int64_t ranks[RANKS_MOST];
	struct filter *filter;
	size_t count = 0;

	if (target->by_rank) {
		for (const struct value_item *item = target->ranks->items; item != NULL;
			item = item->next)
			ranks[count++] = item->value->number;
		filter = rank_filter_new(
			reader->arena, ranks, count, reader->context->run.rank);
	} else {
		filter = filter_new(reader->arena, target->name == NULL ? "" : target->name);
	}
	reader->no_memory |= filter == NULL;
	return filter;
}

void dict_filter(struct dict_reader *reader, const struct place *place)
{
	struct filter_target target = {0};
	size_t errors = config_error_count(reader->errors);
	struct filter *filter = NULL;

	if (factory_is(place)) {
		dict_define(reader, &reader->filters, place->key, factory_filter(reader, place));
		return;
	}
	dict_read(reader, place, keys, UNKNOWN_WARNED, &target);
	if (target.by_rank && target.ranks == NULL && config_error_count(reader->errors) == errors)
		config_error(reader->errors, place, "vigil.RankFilter needs 'ranks', a list");
	if (!target.by_rank && target.ranks != NULL)
		config_error(reader->errors, place, "'ranks' belongs to class vigil.RankFilter");
	if (config_error_count(reader->errors) == errors)
		filter = make(reader, &target);
	if (filter != NULL)
		filter->label = place->key;
	dict_define(reader, &reader->filters, place->key, filter);
}
