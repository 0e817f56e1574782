/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/environment.h"

#include <stddef.h>
#include <string.h>

const char *environment_get(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; environment != NULL && *environment != NULL; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}
