/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash_table.h - keys of any bytes to a value each, in slots whose memory is the caller's.
 *
 * The table points to keys and copies none. No key is ever taken out. Two tables with the same keys
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

/* Puts KEY, which must outlive the table, into SLOT, a free one that hash_table_find() gave for the
 * same key. hash_table_wants() must have returned 0 since the last key. */
void hash_table_take(
	struct hash_table *table, struct hash_slot *slot, const void *key, size_t size);

/* How many slots the table must be moved to before it takes one more key; 0: it has enough. */
size_t hash_table_wants(const struct hash_table *table);

/* Moves the table to ROOM slots at SLOTS, all zero, which must outlive it; ROOM is what
 * hash_table_wants() returned. The slots before belong to the caller again. */
void hash_table_move(struct hash_table *table, struct hash_slot *slots, size_t room);
