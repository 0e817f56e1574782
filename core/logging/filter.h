/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - filters of loggers and handlers, which decide what records pass: Python's
 * logging.Filter.
 *
 * Made at configuration in an arena, then only read.
 * Signal-safe: filters_apply(), yes. Threads: any.
 */
#pragma once

#include "core/base/arena.h"
#include "core/logging/record.h"

struct filter {
	/* Returns NULL to reject RECORD, or the record that passes: RECORD, perhaps changed, or
	 * SPARE, filled with a record that replaces it. */
	struct log_record *(*apply)(
		const struct filter *filter, struct log_record *record, struct log_record *spare);
	const char *label; /* the filter's name in the config; NULL: none */
	const char *name;  /* logging.Filter: records of this logger and below pass; "": all pass */
	size_t name_length;
	const int64_t *ranks; /* vigil.RankFilter: rank_count ranks whose records pass */
	size_t rank_count;
	int64_t own_rank; /* the process's rank, for records without `rank`; negative: none */
};

/* Filters in the order in which they were added. All zero is an empty list. */
struct filter_list {
	const struct filter **items;
	size_t count;
};

/* Make a logging.Filter: records of the logger NAME and of loggers below it pass; "" lets all
 * records pass. NAME is copied. Returns NULL when out of memory, else a filter that ARENA owns. */
struct filter *filter_new(struct arena *arena, const char *name);

/*
 * Make a vigil.RankFilter: a record passes if its rank is one of RANKS. The rank is the record's
 * attribute `rank`, or else OWN_RANK, the process's; a record without either (OWN_RANK is negative)
 * passes, so that a program outside any launcher is not silenced. RANKS is copied. Returns NULL
 * when out of memory, else a filter that ARENA owns.
 */
struct filter *rank_filter_new(
	struct arena *arena, const int64_t *ranks, size_t count, int64_t own_rank);

/* Apply the filters of LIST in order. Returns NULL when one has rejected RECORD, else the record
 * that passes: RECORD, or SPARE, if a filter has replaced RECORD. */
struct log_record *filters_apply(
	const struct filter_list *list, struct log_record *record, struct log_record *spare);

/* Append FILTER's description, as logging_tree prints it: "name='a.b'". */
void filter_describe(const struct filter *filter, struct text *text);
