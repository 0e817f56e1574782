/* SPDX-License-Identifier: Apache-2.0 */
/* Levels of the public API. */
#include "core/api/api.h"

#include "core/base/python_text.h"
#include "core/logging/level.h"

#include <errno.h>
#include <stdio.h>

_Static_assert((int)VIGIL_DEBUG == LEVEL_DEBUG && (int)VIGIL_INFO == LEVEL_INFO &&
		       (int)VIGIL_WARNING == LEVEL_WARNING && (int)VIGIL_ERROR == LEVEL_ERROR &&
		       (int)VIGIL_CRITICAL == LEVEL_CRITICAL,
	"a level has two numbers");

const char *vigil_level_name(int level, char *buffer, size_t size)
{
	char number[LEVEL_NAME_SIZE];

	text_format(buffer, size, "%s", level_name(level, number));
	return buffer;
}

int vigil_level_parse(const char *name, int *ret_level)
{
	char buffer[256];
	struct text text;

	if (name != NULL && level_parse(name, ret_level) == 0)
		return 0;
	text_init(&text, buffer, sizeof buffer);
	if (name == NULL)
		text_add(&text, "None");
	else
		python_repr(&text, name);
	if (name == NULL)
		return api_fail(-EINVAL, "Level not an integer or a valid string: %s", buffer);
	return api_fail(-EINVAL, "Unknown level: %s", buffer);
}

size_t vigil_level_names(const char **names, int *levels, size_t most)
{
	const char *name;
	unsigned count = 0;
	int level;

	for (; (name = level_named(count, &level)) != NULL; count++)
		if (count < most) {
			names[count] = name;
			levels[count] = level;
		}
	return count;
}

int vigil_add_level_name(int level, const char *name)
{
	if (name == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	return api_unlock_with(level_add(api_arena(), level, name));
}

void vigil_disable(int level)
{
	struct logging *logging = api_hierarchy();

	if (logging != NULL)
		logging_disable(logging, level);
}
