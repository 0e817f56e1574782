/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory from mmap(2), never from the program's malloc(), that is allocated piece by
 * piece and released all at once.
 *
 * A configuration lives in one arena: one thread builds it, any thread reads it, and it is released
 * whole or never. Signal-safe: reading allocated memory, yes; arena_alloc(), arena_adopt() and
 * arena_release(), no. Threads: one at a time per arena.
 */
#pragma once

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* the newest first; all zero is an empty arena */
};

/* Make ARENA, which is empty, allocate from MEMORY first: SIZE zeroed bytes of the caller's,
 * aligned for any type. Such an arena must not be released. */
void arena_begin(struct arena *arena, void *memory, size_t size);

/* SIZE zeroed bytes, aligned for any type and owned by ARENA; NULL when there is no memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of STRING, or of its first COUNT bytes and a NUL; NULL when there is no memory. */
char *arena_strdup(struct arena *arena, const char *string);
char *arena_strndup(struct arena *arena, const char *string, size_t count);

/* Move everything that FROM has allocated to ARENA; FROM is empty afterwards. */
void arena_adopt(struct arena *arena, struct arena *from);

/* Release everything that ARENA has allocated; ARENA is empty afterwards and can be used again. */
void arena_release(struct arena *arena);
