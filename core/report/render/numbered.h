/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numbered.h - a list without repetition: equal content has one number, from 0 in the order in
 * which it came.
 *
 * Signal-safe: no. Threads: one at a time per list.
 */
#pragma once

#include "core/eventfile/intern.h"

#include <stdbool.h>

/* All zero at the start. */
struct numbered {
	struct arena arena;
	struct intern intern;
	const void **items; /* malloc'ed; each followed by a NUL */
	size_t count, room;
	bool out_of_memory; /* something is not in it */
};

/* The number of SIZE bytes; 0 and out_of_memory when there is no memory. */
size_t numbered_add(struct numbered *list, const void *bytes, size_t size);

/* The same for a string. */
size_t numbered_string(struct numbered *list, const char *string);

/* All of it is gone; LIST is all zero again. */
void numbered_release(struct numbered *list);
