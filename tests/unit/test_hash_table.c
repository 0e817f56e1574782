/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/hash_table.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 5000

/* Puts KEY, if it is not there, with VALUE; the slots are malloc'ed. */
static void put(struct hash_table *table, const void *key, size_t size, size_t value)
{
	size_t room = hash_table_wants(table);
	struct hash_slot *slot, *before = table->slots;

	if (room != 0) {
		hash_table_move(table, calloc(room, sizeof *slot), room);
		free(before);
	}
	slot = hash_table_find(table, key, size);
	if (slot->key != NULL)
		return;
	hash_table_take(table, slot, key, size);
	slot->value.number = value;
}

static void an_empty_table_has_no_slots(void **state)
{
	struct hash_table table = {0};

	(void)state;
	assert_null(hash_table_find(&table, "a", 1));
	assert_true(hash_table_wants(&table) > 0);
}

static void every_key_keeps_its_value_as_the_table_grows(void **state)
{
	static char keys[MANY][8];
	struct hash_table table = {0};

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(keys[i], sizeof keys[i], "%zu", i);
		put(&table, keys[i], strlen(keys[i]), i);
	}
	assert_int_equal(table.count, MANY);
	assert_true(table.count < table.room);
	for (size_t i = 0; i < MANY; i++) {
		const struct hash_slot *slot = hash_table_find(&table, keys[i], strlen(keys[i]));

		assert_ptr_equal(slot->key, keys[i]);
		assert_int_equal(slot->value.number, i);
	}
	assert_null(hash_table_find(&table, "5000", 4)->key);
	free(table.slots);
}

static void keys_are_bytes_of_a_size(void **state)
{
	static const char bytes[16] = "abc";
	struct hash_table table = {0};

	(void)state;
	for (size_t size = 0; size <= sizeof bytes; size++)
		put(&table, bytes, size, size);
	put(&table, "abc", 3, 99);
	assert_int_equal(table.count, sizeof bytes + 1);
	assert_int_equal(hash_table_find(&table, "abc", 3)->value.number, 3);
	assert_int_equal(hash_table_find(&table, "abc", 4)->value.number, 4);
	assert_null(hash_table_find(&table, "abx", 3)->key);
	free(table.slots);
}

UNIT_TESTS(cmocka_unit_test(an_empty_table_has_no_slots),
	cmocka_unit_test(every_key_keeps_its_value_as_the_table_grows),
	cmocka_unit_test(keys_are_bytes_of_a_size))
