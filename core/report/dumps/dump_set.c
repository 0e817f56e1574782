/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/dumps/dump_set.h"

#include <stdlib.h>

const char *dump_set_text(struct dump_set *set, const char *string)
{
	set->strings.arena = &set->arena;
	return string == NULL ? NULL : intern_string(&set->strings, string);
}

void dump_set_release(struct dump_set *set)
{
	intern_release(&set->strings);
	arena_release(&set->arena);
	free(set->dumps);
	free(set->communicators);
	*set = (struct dump_set){.count = 0};
}
