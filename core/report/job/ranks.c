/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/ranks.h"

#include "core/base/text.h"

#include <string.h>

#define MORE ",…"

static void write_range(struct rank_list *list)
{
	char buffer[48];
	struct text range;

	if (!list->open || list->full)
		return;
	text_init(&range, buffer, sizeof buffer);
	text_printf(&range, "%s%ld", list->length > 0 ? "," : "", (long)list->first);
	if (list->last > list->first)
		text_printf(&range, "%c%ld", list->last == list->first + 1 ? ',' : '-',
			(long)list->last);
	list->full = list->length + range.length + sizeof MORE > sizeof list->text;
	strcpy(list->text + list->length, list->full ? MORE : buffer);
	list->length += list->full ? 0 : range.length;
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
