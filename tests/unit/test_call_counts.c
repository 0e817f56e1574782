/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of several processes, compared: which of them the others wait for. */
#include "core/base/call_counts.h"
#include "core/base/call_table.h"

#include "tests/unit/unit.h"

#include <string.h>

static struct call_count call(const char *name, enum call_communicator on, uint64_t count)
{
	struct call_count made = {.communicator = on, .collective = true, .count = count};

	strcpy(made.name, name);
	return made;
}

#define COUNTS(...)                                                        \
	{                                                                  \
		(const struct call_count[]){__VA_ARGS__},                  \
			sizeof((const struct call_count[]){__VA_ARGS__}) / \
				sizeof(struct call_count)                  \
	}

static void who_made_fewer_is_behind(void **state)
{
	struct call_count most = call("MPI_Allreduce", CALL_WORLD, 4321),
			  fewer = call("MPI_Allreduce", CALL_WORLD, 4320);
	struct call_counts processes[] = {COUNTS(most), COUNTS(most), COUNTS(fewer)};
	struct call_lag lag;
	char buffer[200];
	struct text text;

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	assert_true(call_counts_compare(processes, 3, &lag));
	assert_true(lag.sure);
	assert_int_equal(lag.behind, 1);
	assert_int_equal(lag.first, 2);
	call_counts_lag(&text, &lag, call_counts_of(&processes[2], &lag));
	assert_string_equal(
		text.data, "made 4,320 calls of MPI_Allreduce on MPI_COMM_WORLD, the others 4,321");
	assert_false(call_counts_compare(processes, 2, &lag));
}

static void who_never_made_a_call_is_behind(void **state)
{
	struct call_count init = call("MPI_Init", CALL_WORLD, 1),
			  barrier = call("MPI_Barrier", CALL_WORLD, 1);
	struct call_counts processes[] = {COUNTS(init), COUNTS(init, barrier)};
	struct call_lag lag;

	(void)state;
	assert_true(call_counts_compare(processes, 2, &lag));
	assert_string_equal(lag.call->name, "MPI_Barrier");
	assert_int_equal(lag.least, 0);
	assert_int_equal(lag.first, 0);
}

static void only_collective_calls_are_compared(void **state)
{
	struct call_count one = call("MPI_Send", CALL_NO_COMMUNICATOR, 1),
			  two = call("MPI_Send", CALL_NO_COMMUNICATOR, 2);
	struct call_counts processes[] = {COUNTS(one), COUNTS(two)};
	struct call_lag lag;

	(void)state;
	assert_false(call_counts_compare(processes, 2, &lag));
	one.collective = two.collective = false;
	one.communicator = two.communicator = CALL_WORLD;
	assert_false(call_counts_compare(processes, 2, &lag));
}

static void other_communicators_are_not_sure(void **state)
{
	struct call_count one = call("ncclAllReduce", CALL_OTHER, 7),
			  two = call("ncclAllReduce", CALL_OTHER, 8), another = two;
	struct call_counts processes[] = {COUNTS(one), COUNTS(two)};
	struct call_counts several[] = {COUNTS(one), COUNTS(two, another)};
	struct call_lag lag;

	(void)state;
	one.handle = 0x1000; /* each process has an address of its own for it */
	assert_true(call_counts_compare(processes, 2, &lag));
	assert_false(lag.sure);
	((struct call_count *)several[1].list)[1].place = 1;
	assert_false(call_counts_compare(several, 2, &lag));
}

static void the_world_and_the_last_call_come_first(void **state)
{
	struct call_count other = call("MPI_Bcast", CALL_OTHER, 3),
			  early = call("MPI_Init", CALL_WORLD, 1),
			  late = call("MPI_Barrier", CALL_WORLD, 1),
			  none = call("MPI_Finalize", CALL_WORLD, 1);
	struct call_lag lag;

	(void)state;
	other.entered_us = 9;
	early.entered_us = 1;
	late.entered_us = 2;
	struct call_counts processes[] = {COUNTS(none), COUNTS(none, other, early, late)};

	assert_true(call_counts_compare(processes, 2, &lag));
	assert_true(lag.sure);
	assert_string_equal(lag.call->name, "MPI_Barrier");
}

static struct call_count rooted(int32_t root, uint64_t count)
{
	struct call_count made = call("MPI_Bcast", CALL_WORLD, count);

	made.has_root = true;
	made.root = root;
	return made;
}

static void who_names_another_root_is_odd(void **state)
{
	struct call_count zero = rooted(0, 3), two = rooted(2, 3), before = rooted(5, 2);
	struct call_count elsewhere = rooted(1, 3);
	struct call_counts alike[] = {COUNTS(zero), COUNTS(zero), COUNTS(before)};
	struct call_counts odd[] = {COUNTS(zero), COUNTS(two), COUNTS(zero), COUNTS(before)};
	struct call_counts half[] = {COUNTS(zero), COUNTS(two)};
	struct call_counts own[] = {COUNTS(zero), COUNTS(zero), COUNTS(elsewhere)};
	struct call_roots roots;

	(void)state;
	assert_false(call_counts_roots(alike, 3, &roots));
	assert_true(call_counts_roots(odd, 4, &roots));
	assert_int_equal(roots.odd, 1);
	assert_int_equal(roots.root, 0);
	assert_int_equal(roots.most, 3);
	assert_null(call_counts_odd_root(&odd[0], &roots));
	assert_int_equal(call_counts_odd_root(&odd[1], &roots)->root, 2);
	assert_null(call_counts_odd_root(&odd[3], &roots));
	assert_false(call_counts_roots(half, 2, &roots));
	assert_true(call_counts_roots(own, 3, &roots));
	elsewhere.communicator = CALL_OTHER;
	own[2] = (struct call_counts){&elsewhere, 1};
	assert_false(call_counts_roots(own, 3, &roots));
}

static void numbers_have_commas(void **state)
{
	static const struct {
		uint64_t number;
		const char *text;
	} known[] = {{0, "0"}, {999, "999"}, {1000, "1,000"}, {1000000, "1,000,000"},
		{12034056, "12,034,056"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char buffer[64];
		struct text text;

		text_init(&text, buffer, sizeof buffer);
		call_counts_number(&text, known[i].number);
		assert_string_equal(text.data, known[i].text);
	}
}

/* A table as it lies in a process, of two threads. */
static void counts_of_threads_are_added(void **state)
{
	static struct call_row rows[CALL_ROWS] = {{.name = "MPI_Barrier", .collective = 1}};
	static struct call_cell cells[CALL_SHARDS][CALL_ROWS][CALL_CELLS];
	struct call_table table = {.version = CALL_TABLE_VERSION,
		.row_count = 1,
		.rows = (uintptr_t)rows,
		.cells = (uintptr_t)cells,
		.shard_count = 20};
	struct memory_reader reader = {.next = 0};
	struct call_count list[CALL_COUNTS_MOST];

	(void)state;
	cells[0][0][0].key = cells[7][0][1].key = CALL_KEY_WORLD;
	cells[0][0][0].count = 40;
	cells[7][0][1].count = 2;
	cells[7][0][0].key = CALL_KEY_USED | 0x84000001;
	cells[7][0][0].count = 5;
	cells[7][0][0].root = CALL_ROOT_KNOWN | (uint32_t)-4;
	assert_int_equal(call_table_read(&reader, (uintptr_t)&table, list, CALL_COUNTS_MOST), 2);
	assert_int_equal(list[0].count, 42);
	assert_int_equal(list[0].communicator, CALL_WORLD);
	assert_int_equal(list[1].handle, 0x84000001);
	assert_false(list[0].has_root);
	assert_true(list[1].has_root);
	assert_int_equal(list[1].root, -4);
	assert_int_equal(call_table_read(&reader, 8, list, CALL_COUNTS_MOST), 0);
	table.version++;
	assert_int_equal(call_table_read(&reader, (uintptr_t)&table, list, CALL_COUNTS_MOST), 0);
}

UNIT_TESTS(cmocka_unit_test(who_made_fewer_is_behind),
	cmocka_unit_test(who_never_made_a_call_is_behind),
	cmocka_unit_test(only_collective_calls_are_compared),
	cmocka_unit_test(other_communicators_are_not_sure),
	cmocka_unit_test(the_world_and_the_last_call_come_first),
	cmocka_unit_test(who_names_another_root_is_odd), cmocka_unit_test(numbers_have_commas),
	cmocka_unit_test(counts_of_threads_are_added))
