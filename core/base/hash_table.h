/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash_table.h - a map from keys of any bytes to values, in slots that the caller allocates.
 *
 * The table points to keys and copies none. Keys are never removed. Two tables with the same keys
 * may differ in the order of their slots. Signal-safe: yes. Threads: one at a time per table.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hash_slot {
	const void *key; /* NULL: the slot is free */
	size_t size;	 /* of the key, in bytes */
	uint64_t hash;
	union {
		void *pointer;
		size_t number;
	} value; /* the caller's */
};

/* All zero is an empty table without slots. */
struct hash_table {
	struct hash_slot *slots;
	size_t room; /* how many slots; a power of two */
	size_t count;
};

/* The slot of the SIZE bytes at KEY; a free slot where KEY is not in the table; NULL where the
 * table has no slots. */
struct hash_slot *hash_table_find(const struct hash_table *table, const void *key, size_t size);

/* Put KEY, which must outlive the table, into SLOT, a free slot that hash_table_find() returned for
 * the same key. hash_table_wants() must have returned 0 since the last key was added. */
void hash_table_take(
	struct hash_table *table, struct hash_slot *slot, const void *key, size_t size);

/* How many slots the table must have before it takes one more key; 0: the table has enough. */
size_t hash_table_wants(const struct hash_table *table);

/* Move the table to ROOM slots at SLOTS, all zero, which must outlive the table; ROOM is what
 * hash_table_wants() returned. The previous slots belong to the caller again. */
void hash_table_move(struct hash_table *table, struct hash_slot *slots, size_t room);
