/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/names.h"

#include <errno.h>
#include <string.h>

const char *names_at(const char *const *table, size_t count, size_t index, const char *otherwise)
{
	return index < count ? table[index] : otherwise;
}

int names_find(const char *const *table, size_t count, const char *name)
{
	for (size_t i = 0; name != NULL && i < count; i++)
		if (table[i] != NULL && strcmp(table[i], name) == 0)
			return (int)i;
	return -EINVAL;
}
