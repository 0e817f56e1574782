/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/runs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many other runs a warning names. */
#define NAMED_MOST 8

static int compare_runs(const void *a, const void *b)
{
	const struct event_record *one = *(const struct event_record *const *)a,
				  *other = *(const struct event_record *const *)b;
	int order = strcmp(one->run_id, other->run_id);

	return order == 0 ? (one->time_us > other->time_us) - (one->time_us < other->time_us)
			  : order;
}

/* ORDER is sorted by run: the one whose first event is the latest. "" when no event has a run. */
static const char *newest_run(const struct event_record *const *order, size_t count)
{
	const struct event_record *newest = NULL;

	for (size_t i = 0; i < count; i++) {
		bool first = i == 0 || strcmp(order[i]->run_id, order[i - 1]->run_id) != 0;

		if (first && order[i]->run_id[0] != '\0' &&
			(newest == NULL || order[i]->time_us > newest->time_us))
			newest = order[i];
	}
	return newest == NULL ? "" : newest->run_id;
}

static int warn_of_others(struct reading *reading, const struct event_record *const *order,
	size_t count, const char *chosen)
{
	char names[512] = "";
	size_t others = 0;
	const char *last = chosen;

	for (size_t i = 0; i < count; i++) {
		const char *id = order[i]->run_id;

		if (id[0] == '\0' || strcmp(id, chosen) == 0 || strcmp(id, last) == 0)
			continue;
		last = id;
		if (others++ < NAMED_MOST) {
			size_t length = strlen(names);

			snprintf(names + length, sizeof names - length, "%s%.40s",
				length > 0 ? ", " : "", id);
		}
	}
	if (others == 0)
		return 0;
	return reading_warn(reading, "this is run %s; there %s %zu more (--run-id): %s%s", chosen,
		others == 1 ? "is" : "are", others, names, others > NAMED_MOST ? ", …" : "");
}

static size_t keep_run(const struct event_record **order, size_t count, const char *run_id)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (order[i]->run_id[0] == '\0' || strcmp(order[i]->run_id, run_id) == 0)
			order[kept++] = order[i];
	return kept;
}

static bool has_run(const struct event_record *const *order, size_t count, const char *run_id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(order[i]->run_id, run_id) == 0)
			return true;
	return false;
}

int run_select(struct reading *reading, const char *run_id, const char **ret_run_id,
	const struct event_record ***ret_order, size_t *ret_count)
{
	size_t count = reading->count;
	const struct event_record **order;
	int error;

	if (count == 0)
		return -ENODATA;
	order = reallocarray(NULL, count, sizeof *order);
	if (order == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		order[i] = &reading->events[i];
	qsort(order, count, sizeof *order, compare_runs);
	if (run_id == NULL)
		run_id = newest_run(order, count);
	error = has_run(order, count, run_id) ? warn_of_others(reading, order, count, run_id)
					      : -ENODATA;
	if (error < 0) {
		free(order);
		return error;
	}
	*ret_run_id = run_id;
	*ret_count = keep_run(order, count, run_id);
	*ret_order = order;
	return 0;
}
