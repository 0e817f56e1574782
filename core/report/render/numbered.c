/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/numbered.h"

#include "core/base/grow.h"

#include <string.h>

size_t numbered_add(struct numbered *list, const void *bytes, size_t size)
{
	const void *kept;
	size_t number;

	list->intern.arena = &list->arena;
	kept = intern_numbered(&list->intern, bytes, size, &number);
	if (kept == NULL || !grow(&list->items, &list->room, list->count, sizeof *list->items)) {
		list->out_of_memory = true;
		return 0;
	}
	if (number == list->count)
		list->items[list->count++] = kept;
	return number;
}

size_t numbered_string(struct numbered *list, const char *string)
{
	return numbered_add(list, string, strlen(string));
}

void numbered_release(struct numbered *list)
{
	intern_release(&list->intern);
	arena_release(&list->arena);
	free(list->items);
	*list = (struct numbered){.count = 0};
}
