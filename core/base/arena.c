/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/arena.h"

#include "core/base/sys.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_SIZE ((size_t)64 * 1024)
#define ALIGNMENT alignof(max_align_t)

struct arena_chunk {
	alignas(max_align_t) struct arena_chunk *next;
	size_t size, used; /* in bytes, this header included */
};

static size_t round_up(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

static struct arena_chunk *chunk_new(size_t size)
{
	struct arena_chunk *chunk;
	long address = sys_call(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (address <= 0 && address > -4096)
		return NULL;
	chunk = (struct arena_chunk *)address;
	chunk->size = size;
	chunk->used = sizeof *chunk;
	return chunk;
}

void arena_begin(struct arena *arena, void *memory, size_t size)
{
	arena->chunks = memory;
	*arena->chunks = (struct arena_chunk){.size = size, .used = sizeof *arena->chunks};
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;
	void *piece;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = round_up(size == 0 ? 1 : size, ALIGNMENT);
	if (chunk == NULL || chunk->size - chunk->used < size) {
		chunk = chunk_new(round_up(size + sizeof *chunk, CHUNK_SIZE));
		if (chunk == NULL)
			return NULL;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	piece = (char *)chunk + chunk->used;
	chunk->used += size;
	return piece;
}

char *arena_strndup(struct arena *arena, const char *string, size_t count)
{
	char *copy = arena_alloc(arena, count + 1);

	if (copy != NULL)
		memcpy(copy, string, count);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *string)
{
	return arena_strndup(arena, string, strlen(string));
}

/* Links FROM's chunks behind ARENA's newest chunk, which may have room left. */
void arena_adopt(struct arena *arena, struct arena *from)
{
	struct arena_chunk **where = arena->chunks == NULL ? &arena->chunks : &arena->chunks->next;
	struct arena_chunk *last = from->chunks;

	if (last == NULL)
		return;
	while (last->next != NULL)
		last = last->next;
	last->next = *where;
	*where = from->chunks;
	from->chunks = NULL;
}

void arena_release(struct arena *arena)
{
	struct arena_chunk *next;

	for (struct arena_chunk *chunk = arena->chunks; chunk != NULL; chunk = next) {
		next = chunk->next;
		sys_call(SYS_munmap, (long)chunk, (long)chunk->size, 0, 0, 0, 0);
	}
	arena->chunks = NULL;
}
