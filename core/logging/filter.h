/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - conditions, of a logger or a handler, for the records that pass: Python's
 * logging.Filter.
 *
 * Made at configuration in an arena, then only read.
 * Signal-safe: filters_apply(), yes. Threads: any.
 */
#pragma once

#include "core/base/arena.h"
#include "core/logging/record.h"

struct filter {
	/*
	 * Returns NULL: RECORD is rejected; or the record that passes: RECORD, perhaps changed, or
	 * SPARE, filled with a record that takes its place.
	 */
	struct log_record *(*apply)(
		const struct filter *filter, struct log_record *record, struct log_record *spare);
	const char *label; /* what the config calls it; NULL: nothing */
	const char *name;  /* logging.Filter: the logger below which records pass; "": all pass */
	size_t name_length;
	const int64_t *ranks; /* vigil.RankFilter: rank_count ranks whose records pass */
	size_t rank_count;
	int64_t own_rank; /* of the process, for records without the attribute; negative: none */
};

/* Filters in the order in which they were added. All zero is an empty list. */
struct filter_list {
	const struct filter **items;
	size_t count;
};

/*
 * logging.Filter: records of the logger NAME and of those below it pass; "" lets all pass. NAME is
 * copied. Returns NULL when out of memory, else a filter that ARENA owns.
 */
struct filter *filter_new(struct arena *arena, const char *name);

/*
 * vigil.RankFilter: records whose attribute `rank` is one of RANKS pass, and those that have none
 * where OWN_RANK, that of this process, is one; and all that have no rank where the process has
 * none (negative) either: a program outside any launcher is not silenced. RANKS is copied. Returns
 * NULL when out of memory, else a filter that ARENA owns.
 */
struct filter *rank_filter_new(
	struct arena *arena, const int64_t *ranks, size_t count, int64_t own_rank);

/*
 * Apply the filters of LIST in their order. Returns NULL when one has rejected RECORD; else the
 * record that passes: RECORD, or SPARE, which is room for a record that a filter puts in its place.
 */
struct log_record *filters_apply(
	const struct filter_list *list, struct log_record *record, struct log_record *spare);

/* Append what the filter is, as logging_tree prints it: "name='a.b'". */
void filter_describe(const struct filter *filter, struct text *text);
