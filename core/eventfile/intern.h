/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intern.h - keeps one copy of what events repeat ten thousand times: names, paths, lines of
 * stacks.
 *
 * The copies lie in the arena, are aligned for any type, must not be written to, and live as long
 * as the arena; equal content has equal addresses. Signal-safe: no. Threads: one at a time per
 * table.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/hash_table.h"

/* All zero but for ARENA at the start. */
struct intern {
	struct arena *arena;	 /* the caller's */
	struct hash_table table; /* its slots are malloc'ed; a slot's value is its number */
};

/* The kept copy of SIZE bytes, followed by a NUL; NULL when there is no memory. */
const void *intern_bytes(struct intern *intern, const void *bytes, size_t size);

/* The same, and in *RET_NUMBER how many other copies were made before this one. */
const void *intern_numbered(
	struct intern *intern, const void *bytes, size_t size, size_t *ret_number);

/* intern_bytes() for a string. */
const char *intern_string(struct intern *intern, const char *string);

/* Release the table; the copies stay. */
void intern_release(struct intern *intern);
