/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/names.h"

#include <errno.h>
#include <string.h>

const char *names_at(
	const char *table, size_t size, size_t count, size_t index, const char *otherwise)
{
	const char *name = table + index * size;

	if (index >= count)
		return otherwise;
	return name[0] == '\0' ? NULL : name;
}

int names_find(const char *table, size_t size, size_t count, const char *name)
{
	for (size_t i = 0; name != NULL && name[0] != '\0' && i < count; i++)
		if (strcmp(table + i * size, name) == 0)
			return (int)i;
	return -EINVAL;
}
