/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/color.h"

#include "core/base/environment.h"
#include "core/base/sys.h"

#include <stddef.h>
#include <string.h>

static bool says_more_than(char *const *environment, const char *name, const char *nothing)
{
	const char *value = environment_get(environment, name);

	return value != NULL && value[0] != '\0' && strcmp(value, nothing) != 0;
}

enum color_where color_where(char *const *environment)
{
	const char *clicolor = environment_get(environment, "CLICOLOR");

	if (says_more_than(environment, "NO_COLOR", ""))
		return COLOR_NOWHERE;
	if (says_more_than(environment, "FORCE_COLOR", "") ||
		says_more_than(environment, "CLICOLOR_FORCE", "0"))
		return COLOR_STREAMS;
	if (clicolor != NULL && strcmp(clicolor, "0") == 0)
		return COLOR_NOWHERE;
	return says_more_than(environment, "TERM", "dumb") ? COLOR_TERMINALS : COLOR_NOWHERE;
}

bool color_wanted(enum color_where where, int fd)
{
	if (where == COLOR_TERMINALS && fd > 0)
		return sys_isatty(fd);
	return where == COLOR_EVERYWHERE || (where == COLOR_STREAMS && fd > 0);
}
