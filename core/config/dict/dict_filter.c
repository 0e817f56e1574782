/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict/dict_sections.h"

#include "core/config/factory/factory.h"

#define RANKS_MOST 1024

/* What the keys of a filter say. */
struct filter_target {
	const char *name;
	const struct value *ranks; /* NULL: none given */
	bool by_rank;
};

static void read_ranks(struct config_reader *reader, const struct location *location, void *target)
{
	size_t index = 0;

	if (location->value->type != VALUE_LIST || location->value->count > RANKS_MOST) {
		config_error(reader->errors, location, "expected a list of at most %d ranks",
			RANKS_MOST);
		return;
	}
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next, index++)
		if (item->value->type != VALUE_INT || item->value->number < 0)
			config_error(reader->errors,
				&(struct location){location, NULL, index, item->value},
				"expected a rank, an integer from 0");
	((struct filter_target *)target)->ranks = location->value;
}

static const char *const known[] = {"logging.Filter", "vigil.RankFilter", NULL};

static void read_class(struct config_reader *reader, const struct location *location, void *target)
{
	((struct filter_target *)target)->by_rank = config_class(reader, location, known) == 1;
}

static const struct key_spec keys[] = {
	{.key = "name", .type = KEY_STRING, .offset = offsetof(struct filter_target, name)},
	{.key = "class", .read = read_class},
	{.key = "ranks", .read = read_ranks},
	{.key = "()", .read = read_class},
	{.key = NULL},
};

static struct filter *make(struct config_reader *reader, const struct filter_target *target)
{
	int64_t ranks[RANKS_MOST];
	struct filter *filter;
	size_t count = 0;

	if (target->by_rank && target->ranks != NULL) {
		for (const struct value_item *item = target->ranks->items; item != NULL;
			item = item->next)
			ranks[count++] = item->value->number;
		filter = rank_filter_new(reader->arena, ranks, count, reader->context->run.rank);
	} else {
		filter = filter_new(reader->arena, target->name == NULL ? "" : target->name);
	}
	reader->no_memory |= filter == NULL;
	return filter;
}

void dict_filter(struct config_reader *reader, const struct location *location)
{
	struct filter_target target = {0};
	size_t errors = config_error_count(reader->errors);
	struct filter *filter = NULL;

	if (factory_is(location)) {
		dict_define(reader, &reader->sections->filters, location->key,
			factory_filter(reader, location, known));
		return;
	}
	config_read(reader, location, keys, UNKNOWN_WARNED, &target);
	if (target.by_rank && target.ranks == NULL && config_error_count(reader->errors) == errors)
		config_error(reader->errors, location, "vigil.RankFilter needs 'ranks', a list");
	if (!target.by_rank && target.ranks != NULL)
		config_error(reader->errors, location, "'ranks' belongs to class vigil.RankFilter");
	if (config_error_count(reader->errors) == errors)
		filter = make(reader, &target);
	if (filter != NULL)
		filter->label = location->key;
	dict_define(reader, &reader->sections->filters, location->key, filter);
}
