/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list.h - lists of handlers or filters, arrays of pointers that are changed at configuration in an
 * arena.
 *
 * Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/arena.h"

#include <errno.h>
#include <stdatomic.h>

/*
 * Append ITEM to *ITEMS, unless it is there already (Python adds neither a handler nor a filter
 * twice). *ITEMS then points to a new array, so that a record that walks the old one is not
 * disturbed. Returns 0 or -ENOMEM.
 */
int list_add(struct arena *arena, const void ***items, size_t *count, const void *item);

/* Remove ITEM from *ITEMS, if it is there, likewise by making a new array. Returns 0 or -ENOMEM. */
int list_remove(struct arena *arena, const void ***items, size_t *count, const void *item);

/* list_add() for LIST, a pointer to a struct whose `items` points to pointers and whose `count`
 * says how many: struct handler_list, struct filter_list. */
#define LIST_ADD(arena, list, item) \
	list_add(arena, (const void ***)&(list)->items, &(list)->count, item)

/*
 * Replace the list in force: *IN_FORCE, an atomic pointer to a TYPE as LIST_ADD() takes it, or
 * NULL, afterwards points to a copy to which CHANGE (list_add or list_remove) was applied with
 * ITEM. Both lists live as long as ARENA. The value is 0; or -ENOMEM, and the list in force is as
 * it was.
 */
#define LIST_REPLACE(arena, type, in_force, change, item)                                     \
	({                                                                                    \
		const type *before_ = atomic_load(in_force);                                  \
		type *after_ = arena_alloc(arena, sizeof *after_);                            \
		int error_ = after_ == NULL ? -ENOMEM : 0;                                    \
                                                                                              \
		if (error_ == 0 && before_ != NULL)                                           \
			*after_ = *before_;                                                   \
		if (error_ == 0)                                                              \
			error_ = change(                                                      \
				arena, (const void ***)&after_->items, &after_->count, item); \
		if (error_ == 0)                                                              \
			atomic_store(in_force, after_);                                       \
		error_;                                                                       \
	})
