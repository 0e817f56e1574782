/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/list.h"

#include <errno.h>
#include <string.h>

int list_add(struct arena *arena, const void ***items, size_t *count, const void *item)
{
	const void **grown;

	for (size_t i = 0; i < *count; i++)
		if ((*items)[i] == item)
			return 0;
	grown = arena_alloc(arena, (*count + 1) * sizeof *grown);
	if (grown == NULL)
		return -ENOMEM;
	if (*count > 0)
		memcpy(grown, *items, *count * sizeof *grown);
	grown[*count] = item;
	*items = grown;
	(*count)++;
	return 0;
}

int list_remove(struct arena *arena, const void ***items, size_t *count, const void *item)
{
	const void **less;
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++)
		kept += (*items)[i] != item;
	if (kept == *count)
		return 0;
	less = arena_alloc(arena, kept * sizeof *less);
	if (less == NULL)
		return -ENOMEM;
	kept = 0;
	for (size_t i = 0; i < *count; i++)
		if ((*items)[i] != item)
			less[kept++] = (*items)[i];
	*items = less;
	*count = kept;
	return 0;
}
