/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/json_memory.h"

#include <cjson/cJSON.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* Enough for the objects of any event; a line of nothing but brackets goes on with malloc. */
#define BLOCK_SIZE ((size_t)4 * 1024 * 1024)

static _Thread_local struct {
	char *block; /* NULL: everything is malloc's */
	size_t used;
} memory;

static void *take(size_t size)
{
	size_t whole =
		(size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	void *piece;

	if (memory.block == NULL || whole < size || whole > BLOCK_SIZE - memory.used)
		return malloc(size);
	piece = memory.block + memory.used;
	memory.used += whole;
	return piece;
}

static void give_back(void *piece)
{
	bool ours = memory.block != NULL && (char *)piece >= memory.block &&
		    (char *)piece < memory.block + BLOCK_SIZE;

	if (!ours)
		free(piece);
}

void json_memory_use(void)
{
	static cJSON_Hooks hooks = {.malloc_fn = take, .free_fn = give_back};

	cJSON_InitHooks(&hooks);
}

void json_memory_begin(void)
{
	if (memory.block == NULL)
		memory.block = malloc(BLOCK_SIZE);
	memory.used = 0;
}

void json_memory_release(void)
{
	free(memory.block);
	memory.block = NULL;
}
