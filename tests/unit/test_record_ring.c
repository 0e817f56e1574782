/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handlers/record_buffer.h"

#include "tests/unit/unit.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 256

static alignas(16) char memory[SIZE + 8];

/* A ring in memory full of what was there before. */
static struct record_ring fresh(void)
{
	memset(memory, '#', sizeof memory);
	return (struct record_ring){.bytes = memory, .size = SIZE};
}

static void assert_oldest(struct record_ring *ring, const char *expected, size_t size)
{
	size_t found = 0;
	const char *oldest = record_ring_oldest(ring, &found);

	assert_non_null(oldest);
	assert_int_equal(found, size);
	assert_memory_equal(oldest, expected, size);
}

static void what_goes_in_comes_out_in_its_order(void **state)
{
	struct record_ring ring = fresh();
	size_t size;

	(void)state;
	assert_null(record_ring_oldest(&ring, &size));
	assert_true(record_ring_put(&ring, "zero", 4));
	record_ring_clear(&ring);
	assert_true(record_ring_put(&ring, "one", 3));
	assert_true(record_ring_put(&ring, "two and", 7));
	assert_int_equal(ring.count, 2);
	assert_oldest(&ring, "one", 3);
	assert_oldest(&ring, "one", 3);
	record_ring_drop(&ring);
	assert_oldest(&ring, "two and", 7);
	record_ring_drop(&ring);
	assert_null(record_ring_oldest(&ring, &size));
}

static void an_empty_one_takes_all_but_a_word_wherever_it_stood(void **state)
{
	struct record_ring ring = fresh();
	char large[SIZE] = {0};

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_false(record_ring_put(&ring, large, SIZE - 7));
		assert_true(record_ring_put(&ring, large, SIZE - 8));
		assert_false(record_ring_put(&ring, "x", 1));
		record_ring_drop(&ring);
		assert_true(record_ring_put(&ring, "x", 1));
		record_ring_drop(&ring);
	}
	assert_int_equal(memory[SIZE], '#');
}

/* Against a list of what is in it. */
static void any_order_of_putting_and_dropping_is_right(void **state)
{
	struct record_ring ring = fresh();
	struct {
		size_t size;
		char byte;
	} list[SIZE];
	size_t first = 0, last = 0;
	char block[SIZE];

	(void)state;
	srandom(7);
	for (int i = 0; i < 200000; i++) {
		size_t size = 1 + (size_t)random() % (random() % 8 == 0 ? 120 : 40);
		char byte = (char)random();

		memset(block, byte, size);
		if (random() % 2 == 0 && record_ring_put(&ring, block, size)) {
			list[last % SIZE].size = size;
			list[last++ % SIZE].byte = byte;
		} else if (last > first) {
			memset(block, list[first % SIZE].byte, list[first % SIZE].size);
			assert_oldest(&ring, block, list[first++ % SIZE].size);
			record_ring_drop(&ring);
		}
		assert_int_equal(ring.count, last - first);
	}
	assert_true(last > 50000);
	assert_int_equal(memory[SIZE], '#');
}

UNIT_TESTS(cmocka_unit_test(what_goes_in_comes_out_in_its_order),
	cmocka_unit_test(an_empty_one_takes_all_but_a_word_wherever_it_stood),
	cmocka_unit_test(any_order_of_putting_and_dropping_is_right))
