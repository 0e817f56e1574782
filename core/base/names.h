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

/*
 * A table is "static const char TABLE[][SIZE]": the names in place, "" where there is none, as each
 * pointer would be one more for the loader to relocate in every program. NAMES(TABLE) are the first
 * three arguments of the functions below.
 */
#define NAMES(table) *(table), sizeof *(table), NAMES_COUNT(table)

/* TABLE[INDEX], NULL where that is ""; OTHERWISE outside the table. */
static inline const char *names_at(
	const char *table, size_t size, size_t count, size_t index, const char *otherwise)
{
	if (index >= count)
		return otherwise;
	table += index * size;
	return table[0] == '\0' ? NULL : table;
}

/* The index of NAME in TABLE, whose "" match nothing; -EINVAL when it is not there or NULL. */
static inline int names_find(const char *table, size_t size, size_t count, const char *name)
{
	for (size_t i = 0; name != NULL && name[0] != '\0' && i < count; i++)
		if (strcmp(table + i * size, name) == 0)
			return (int)i;
	return -EINVAL;
}
