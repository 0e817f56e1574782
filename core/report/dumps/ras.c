/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/dumps/ras.h"

#include "core/base/order.h"
#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

/* More ranks than any communicator has. */
#define RANKS_MOST ((size_t)1 << 20)

bool ras_is(const struct dump_value *value)
{
	const struct dump_value *list = dump_get(value, "communicators");

	return list != NULL && list->type == DUMP_LIST;
}

/* What goes from one rank to another is no collective: not all ranks make as many of those. */
static bool is_collective(const char *name)
{
	return strncasecmp(name, "send", 4) != 0 && strncasecmp(name, "recv", 4) != 0;
}

/* Sets the counts of RANK from COUNTS, a dict. */
static bool set_counts(struct dump_set *set, struct ras_rank *rank, const struct dump_value *counts)
{
	char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	rank->total = 0;
	for (size_t i = 0; counts->type == DUMP_DICT && i + 1 < counts->list.count; i += 2) {
		const char *name = dump_text(counts->list.items[i]);
		int64_t count = dump_number(counts->list.items[i + 1], 0);

		if (name == NULL || count <= 0 || !is_collective(name) ||
			__builtin_add_overflow(rank->total, count, &rank->total))
			continue;
		text_printf(&text, "%s%.40s %ld", text.length > 0 ? ", " : "", name, (long)count);
	}
	rank->counts = dump_set_text(set, buffer);
	return rank->counts != NULL;
}

static bool add_rank(struct dump_set *set, struct ras_communicator *communicator,
	const struct dump_value *value, bool answered)
{
	struct ras_rank *rank = &communicator->ranks[communicator->count];
	const struct dump_value *counts = dump_get(value, "collective_counts");
	const struct dump_value *dead = dump_get(dump_get(value, "status"), "considered_dead");

	*rank = (struct ras_rank){
		.number = dump_number(dump_get(value, "rank"), -1),
		.pid = dump_number(dump_get(value, "pid"), -1),
		.total = -1,
		.is_dead = dead != NULL && dead->type == DUMP_TRUE,
		.counts = "",
	};
	if (rank->number < 0)
		return true;
	communicator->count++;
	return !answered || counts == NULL || set_counts(set, rank, counts);
}

static int compare_numbers(const void *a, const void *b)
{
	const struct ras_rank *one = a, *other = b;

	return COMPARE(one->number, other->number);
}

bool ras_read(
	struct dump_set *set, const struct dump_value *value, struct ras_communicator *communicator)
{
	const struct dump_value *ranks = dump_get(value, "ranks"),
				*missing = dump_get(value, "missing_ranks");
	size_t count = dump_count(ranks), most = count + dump_count(missing);
	bool well = true;

	if (most > RANKS_MOST)
		most = 0;
	communicator->hash = dump_set_text(set, dump_text(dump_get(value, "hash")) ?: "?");
	communicator->size = dump_number(dump_get(value, "size"), -1);
	communicator->ranks = arena_alloc(&set->arena, most * sizeof *communicator->ranks + 1);
	if (communicator->ranks == NULL || communicator->hash == NULL)
		return false;
	for (size_t i = 0; i < most && well; i++)
		well = i < count
			       ? add_rank(set, communicator, dump_item(ranks, i), true)
			       : add_rank(set, communicator, dump_item(missing, i - count), false);
	qsort(communicator->ranks, communicator->count, sizeof *communicator->ranks,
		compare_numbers);
	return well;
}
