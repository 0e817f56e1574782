/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/steps.h"

#include "core/base/order.h"

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

	return strcmp(one->run_id, other->run_id) ?: COMPARE(one->time_us, other->time_us);
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

/* Keeps the events of run RUN_ID and those without a run; a warning names the other runs. Returns
 * how many are left, -ENODATA where none is of the run, or -ENOMEM. */
static ssize_t keep_run(struct reading *reading, const struct event_record **order, size_t count,
	const char *run_id)
{
	char buffer[512];
	struct text names;
	size_t kept = 0, others = 0;
	const char *last = "";
	bool found = false;

	text_init(&names, buffer, sizeof buffer);
	for (size_t i = 0; i < count; i++) {
		const char *id = order[i]->run_id;
		bool wanted = strcmp(id, run_id) == 0;

		found |= wanted;
		if (wanted || id[0] == '\0')
			order[kept++] = order[i];
		else if (strcmp(id, last) != 0 && others++ < NAMED_MOST)
			text_printf(&names, "%s%.40s", others > 1 ? ", " : "", id);
		last = id;
	}
	if (!found)
		return -ENODATA;
	if (others > 0 &&
		reading_warn(reading, "this is run %s; there %s %zu more (--run-id): %s%s", run_id,
			others == 1 ? "is" : "are", others, buffer,
			others > NAMED_MOST ? ", …" : "") < 0)
		return -ENOMEM;
	return (ssize_t)kept;
}

int run_select(struct reading *reading, const char *run_id, const char **ret_run_id,
	const struct event_record ***ret_order, size_t *ret_count)
{
	size_t count = reading->count;
	const struct event_record **order;
	ssize_t kept;

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
	kept = keep_run(reading, order, count, run_id);
	if (kept < 0) {
		free(order);
		return (int)kept;
	}
	*ret_run_id = run_id;
	*ret_count = (size_t)kept;
	*ret_order = order;
	return 0;
}
