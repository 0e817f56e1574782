/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list.h - a list of pointers that grows in an arena, at configuration: handlers and filters.
 *
 * Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/arena.h"

/*
 * Put ITEM at the end of *ITEMS, unless it is there already (Python adds neither a handler nor a
 * filter twice). The array is made anew and *ITEMS points to the new one, so that who walks the old
 * one is not disturbed. Returns 0 or -ENOMEM.
 */
int list_add(struct arena *arena, const void ***items, size_t *count, const void *item);

/* Take ITEM out of *ITEMS, in the same way; where it is not there, nothing happens. Returns 0 or
 * -ENOMEM. */
int list_remove(struct arena *arena, const void ***items, size_t *count, const void *item);
