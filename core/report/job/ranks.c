/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/ranks.h"

#include <stdio.h>
#include <string.h>

#define MORE ",…"

static void write_range(struct rank_list *list)
{
	char range[48];
	int length;

	if (!list->open || list->full)
		return;
	length = snprintf(
		range, sizeof range, "%s%ld", list->length > 0 ? "," : "", (long)list->first);
	if (list->last > list->first)
		length += snprintf(range + length, sizeof range - (size_t)length, "%c%ld",
			list->last == list->first + 1 ? ',' : '-', (long)list->last);
	if (list->length + (size_t)length + sizeof MORE > sizeof list->text) {
		list->full = true;
		memcpy(list->text + list->length, MORE, sizeof MORE);
		return;
	}
	memcpy(list->text + list->length, range, (size_t)length + 1);
	list->length += (size_t)length;
}

void ranks_add(struct rank_list *list, int64_t rank)
{
	if (list->open && rank == list->last + 1) {
		list->last = rank;
		return;
	}
	write_range(list);
	list->open = true;
	list->first = list->last = rank;
}

void ranks_finish(struct rank_list *list)
{
	write_range(list);
	list->open = false;
}
