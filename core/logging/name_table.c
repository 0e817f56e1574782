/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/name_table.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define BUCKETS_LEAST ((size_t)64)

/* FNV-1a. */
static size_t hash(const char *name, size_t length)
{
	uint64_t value = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		value = (value ^ (unsigned char)name[i]) * 0x100000001b3u;
	return (size_t)(value ^ value >> 32);
}

static struct name_entry **bucket_of(
	const struct name_table *table, const char *name, size_t length)
{
	return &table->buckets[hash(name, length) & (table->bucket_count - 1)];
}

struct name_entry *name_table_find(const struct name_table *table, const char *name, size_t length)
{
	if (table->bucket_count == 0)
		return NULL;
	for (struct name_entry *entry = *bucket_of(table, name, length); entry != NULL;
		entry = entry->next)
		if (entry->length == length && memcmp(entry->name, name, length) == 0)
			return entry;
	return NULL;
}

static void link_entry(struct name_table *table, struct name_entry *entry)
{
	struct name_entry **bucket = bucket_of(table, entry->name, entry->length);

	entry->next = *bucket;
	*bucket = entry;
}

/* Twice the buckets when there are as many names as buckets. */
static int grow(struct arena *arena, struct name_table *table)
{
	struct name_table old = *table;

	if (table->count < table->bucket_count)
		return 0;
	table->bucket_count = old.bucket_count == 0 ? BUCKETS_LEAST : old.bucket_count * 2;
	table->buckets = arena_alloc(arena, table->bucket_count * sizeof(struct name_entry *));
	if (table->buckets == NULL) {
		*table = old;
		return -ENOMEM;
	}
	for (size_t i = 0; i < old.bucket_count; i++)
		for (struct name_entry *entry = old.buckets[i], *next; entry != NULL;
			entry = next) {
			next = entry->next;
			link_entry(table, entry);
		}
	return 0;
}

struct name_entry *name_table_add(
	struct arena *arena, struct name_table *table, const char *name, size_t length)
{
	struct name_entry *entry = name_table_find(table, name, length);

	if (entry != NULL)
		return entry;
	entry = arena_alloc(arena, sizeof *entry);
	if (entry == NULL || grow(arena, table) < 0)
		return NULL;
	entry->name = arena_strndup(arena, name, length);
	entry->length = length;
	if (entry->name == NULL)
		return NULL;
	link_entry(table, entry);
	table->count++;
	return entry;
}

int name_entry_add_child(struct arena *arena, struct name_entry *entry, struct logger *logger)
{
	struct name_child *child = arena_alloc(arena, sizeof *child);

	if (child == NULL)
		return -ENOMEM;
	*child = (struct name_child){logger, entry->children};
	entry->children = child;
	return 0;
}
