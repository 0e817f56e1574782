/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - enum to string and back, by a table indexed by the enum.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* How many entries the array TABLE has. */
#define NAMES_COUNT(table) (sizeof(table) / sizeof *(table))

/* TABLE[INDEX], which may be NULL; OTHERWISE outside the table. */
static inline const char *names_at(
	const char *const *table, size_t count, size_t index, const char *otherwise)
{
	return index < count ? table[index] : otherwise;
}

/* The index of NAME in TABLE, whose NULL entries match nothing; -EINVAL when NAME is NULL or not in
 * TABLE. */
static inline int names_find(const char *const *table, size_t count, const char *name)
{
	for (size_t i = 0; name != NULL && i < count; i++)
		if (table[i] != NULL && strcmp(table[i], name) == 0)
			return (int)i;
	return -EINVAL;
}
