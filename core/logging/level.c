/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/level.h"

#include "core/base/text.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

/* If a number has two names, the first one is printed. */
static const struct {
	const char *name;
	int level;
} levels[] = {
	{"CRITICAL", LEVEL_CRITICAL},
	{"FATAL", LEVEL_CRITICAL},
	{"ERROR", LEVEL_ERROR},
	{"WARNING", LEVEL_WARNING},
	{"WARN", LEVEL_WARNING},
	{"INFO", LEVEL_INFO},
	{"DEBUG", LEVEL_DEBUG},
	{"NOTSET", LEVEL_NOTSET},
};

/* Added names, the newest first: it has precedence over older ones with its number or name. */
struct added_level {
	const char *name;
	int level;
	const struct added_level *next;
};

static const struct added_level *_Atomic added;

#define LEVEL_COUNT (sizeof levels / sizeof *levels)

int level_add(struct arena *arena, int level, const char *name)
{
	struct added_level *one = arena_alloc(arena, sizeof *one);

	name = arena_strdup(arena, name);
	if (one == NULL || name == NULL)
		return -ENOMEM;
	*one = (struct added_level){name, level, added};
	added = one;
	return 0;
}

const char *level_name(int level, char buffer[LEVEL_NAME_SIZE])
{
	for (const struct added_level *one = added; one != NULL; one = one->next)
		if (one->level == level)
			return one->name;
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		if (levels[i].level == level)
			return levels[i].name;
	text_format(buffer, LEVEL_NAME_SIZE, "Level %d", level);
	return buffer;
}

/* The newest added level with NAME; NULL: none. */
static const struct added_level *find_added(const char *name)
{
	const struct added_level *one = added;

	while (one != NULL && strcmp(one->name, name) != 0)
		one = one->next;
	return one;
}

int level_parse(const char *name, int *ret_level)
{
	const struct added_level *one = find_added(name);

	if (one != NULL)
		return *ret_level = one->level, 0;
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		if (strcmp(levels[i].name, name) == 0)
			return *ret_level = levels[i].level, 0;
	return -EINVAL;
}

const char *level_known(unsigned index)
{
	return index < LEVEL_COUNT ? levels[index].name : NULL;
}

const char *level_named(unsigned index, int *ret_level)
{
	for (const struct added_level *one = added; one != NULL; one = one->next)
		if (find_added(one->name) == one && index-- == 0) {
			*ret_level = one->level;
			return one->name;
		}
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		if (find_added(levels[i].name) == NULL && index-- == 0) {
			*ret_level = levels[i].level;
			return levels[i].name;
		}
	return NULL;
}
