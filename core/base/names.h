/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - enum to string and back, by a table indexed by the enum.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stddef.h>

#define NAMES_COUNT(table) (sizeof(table) / sizeof *(table))

/* A table is "static const char TABLE[][SIZE]": the names in place, "" where there is none, as each
 * pointer would be one more for the loader to relocate in every program. */
#define NAMES(table) *(table), sizeof *(table), NAMES_COUNT(table)

/* With the three of NAMES(TABLE): TABLE[INDEX], NULL where that is ""; OTHERWISE outside the
 * table. */
const char *names_at(
	const char *table, size_t size, size_t count, size_t index, const char *otherwise);

/* Likewise: the index of NAME in TABLE, whose "" match nothing; -EINVAL when it is not there or
 * NULL. */
int names_find(const char *table, size_t size, size_t count, const char *name);
