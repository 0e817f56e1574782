/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/python_memory.h"

#include <string.h>

bool python_memory_read(struct python_memory *memory, uint64_t address, void *to, size_t size)
{
	if (memory->reads_left == 0 || address + size < address)
		return false;
	memory->reads_left--;
	return memory->read(memory->context, address, to, size);
}

uint64_t python_memory_word(struct python_memory *memory, uint64_t address)
{
	uint64_t word;

	return python_memory_read(memory, address, &word, sizeof word) ? word : 0;
}

int32_t python_memory_int(struct python_memory *memory, uint64_t address)
{
	int32_t number;

	return python_memory_read(memory, address, &number, sizeof number) ? number : 0;
}

bool python_memory_has(struct python_memory *memory, uint64_t address, const char *string)
{
	char there[32];
	size_t size = strlen(string) + 1;

	return size <= sizeof there && python_memory_read(memory, address, there, size) &&
	       memcmp(there, string, size) == 0;
}
