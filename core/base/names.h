/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - enum to string and back, by a table indexed by the enum.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stddef.h>

#define NAMES_COUNT(table) (sizeof(table) / sizeof *(table))

/* TABLE[INDEX], which may be NULL; OTHERWISE outside the table. */
const char *names_at(const char *const *table, size_t count, size_t index, const char *otherwise);

/* The index of NAME in TABLE, whose NULL entries match nothing; -EINVAL when it is not there or
 * NULL. */
int names_find(const char *const *table, size_t count, const char *name);
