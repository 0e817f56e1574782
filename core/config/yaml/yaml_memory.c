/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/yaml/yaml_memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

/* Stored before each allocation, for realloc(). */
struct header {
	alignas(max_align_t) size_t size;
};

/* A global, since libyaml's calls have no parameter for it. */
static struct arena *current;

void yaml_memory_use(struct arena *arena)
{
	current = arena;
}

void *vigil_yaml_malloc(size_t size)
{
	struct header *header;

	if (current == NULL || size > SIZE_MAX / 4)
		return NULL;
	header = arena_alloc(current, sizeof *header + size);
	if (header == NULL)
		return NULL;
	header->size = size;
	return header + 1;
}

void *vigil_yaml_realloc(void *memory, size_t size)
{
	size_t old = memory == NULL ? 0 : ((struct header *)memory - 1)->size;
	void *grown;

	if (size <= old)
		return memory;
	grown = vigil_yaml_malloc(size);
	if (grown != NULL && old > 0)
		memcpy(grown, memory, old);
	return grown;
}

void vigil_yaml_free(void *memory)
{
	(void)memory;
}

char *vigil_yaml_strdup(const char *string)
{
	size_t size = strlen(string) + 1;
	char *copy = vigil_yaml_malloc(size);

	return copy == NULL ? NULL : memcpy(copy, string, size);
}
