/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/environment.h"

#include "core/base/memory.h"

#include <stdint.h>
#include <string.h>

#define NAME_MOST 64

const char *environment_get(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; environment != NULL && *environment != NULL; environment++)
		if ((*environment)[0] == name[0] && strncmp(*environment, name, length) == 0 &&
			(*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

/* Whether ENTRY begins with NAME of LENGTH bytes and '='. */
static bool is_entry_of(
	struct memory_reader *reader, uintptr_t entry, const char *name, size_t length)
{
	char head[NAME_MOST + 2];

	return memory_read_string(reader, entry, head, sizeof head) &&
	       strncmp(head, name, length) == 0 && head[length] == '=';
}

bool environment_read(char *const *environment, const char *name, char *value, size_t size)
{
	struct memory_reader reader = {.next = 0};
	uintptr_t at = (uintptr_t)environment, entry;
	size_t length = strlen(name);

	if (environment == NULL || length > NAME_MOST)
		return false;
	for (; memory_read_exact(&reader, at, &entry, sizeof entry) && entry != 0;
		at += sizeof entry)
		if (is_entry_of(&reader, entry, name, length))
			return memory_read_string(&reader, entry + length + 1, value, size) &&
			       strlen(value) + 1 < size;
	return false;
}
