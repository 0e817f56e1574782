/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name_table.h - the names of a hierarchy: Python's Manager.loggerDict, with its PlaceHolders.
 *
 * Private to core/logging. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/arena.h"

#include <stddef.h>

struct logger;

struct name_child {
	struct logger *logger;
	struct name_child *next;
};

/* One name: of a logger, or of a place where one may come to be (a PlaceHolder). */
struct name_entry {
	const char *name;
	size_t length;
	struct logger *logger;	     /* NULL: a placeholder */
	struct name_child *children; /* of a placeholder: the loggers below it, the newest first */
	struct name_entry *next;     /* in its bucket */
};

/* All zero is an empty one. */
struct name_table {
	struct name_entry **buckets;
	size_t bucket_count, count;
};

/* The entry of NAME's first LENGTH bytes; NULL when there is none. */
struct name_entry *name_table_find(const struct name_table *table, const char *name, size_t length);

/* The same, made as a placeholder if it is not there; the name is copied. NULL when out of memory.
 */
struct name_entry *name_table_add(
	struct arena *arena, struct name_table *table, const char *name, size_t length);

/* Remember LOGGER below the placeholder ENTRY. Returns 0 or -ENOMEM. */
int name_entry_add_child(struct arena *arena, struct name_entry *entry, struct logger *logger);
