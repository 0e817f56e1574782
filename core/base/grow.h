/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grow.h - room for one more element of a malloc'ed array.
 *
 * Signal-safe: no. Threads: an array belongs to one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* Make room for one more element in *ARRAY, which has *ROOM elements of SIZE bytes, COUNT of them
 * used. Returns false and changes nothing when there is no memory. */
static inline bool grow(void *array, size_t *room, size_t count, size_t size)
{
	void **where = array;
	size_t wanted = *room == 0 ? 64 : *room * 2;
	void *bigger;

	if (count < *room)
		return true;
	bigger = reallocarray(*where, wanted, size);
	if (bigger == NULL)
		return false;
	*where = bigger;
	*room = wanted;
	return true;
}
