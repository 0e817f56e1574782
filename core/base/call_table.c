/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/call_table.h"

#include "core/base/clock.h"

#include <string.h>

/* A cell, read at once; the process goes on meanwhile. */
struct cell {
	uint64_t key, count, entered, arguments[CALL_ARGUMENTS], reserved[7];
};

_Static_assert(sizeof(struct cell) == sizeof(struct call_cell), "a cell is read as it lies");
_Static_assert(sizeof(struct cell) == 128, "a cell has two cache lines of its own");

/* TICKS of the counter as microseconds of CLOCK_MONOTONIC, by two readings of both; 0: unknown. */
static int64_t time_of(const struct call_table *table, uint64_t ticks, uint64_t now, int64_t now_us)
{
	double rate;

	if (ticks == 0 || table->ticks == 0 || now <= table->ticks || now_us <= table->mono_us ||
		ticks < table->ticks)
		return 0;
	rate = (double)(now_us - table->mono_us) / (double)(now - table->ticks);
	return table->mono_us + (int64_t)((double)(ticks - table->ticks) * rate);
}

static void set_communicator(struct call_count *call, uint64_t key)
{
	call->many = key == CALL_KEY_MANY;
	if (key == CALL_KEY_NONE)
		call->communicator = CALL_NO_COMMUNICATOR;
	else if (key == CALL_KEY_WORLD)
		call->communicator = CALL_WORLD;
	else
		call->communicator = CALL_OTHER;
	if (call->communicator == CALL_OTHER && !call->many)
		call->handle = key & ~(CALL_KEY_USED | CALL_KEY_FORTRAN);
}

/* Put CALL into LIST, which has COUNT of at most MOST entries in the order of their last call. */
static size_t insert(
	struct call_count *list, size_t count, size_t most, const struct call_count *call)
{
	size_t at = count;

	while (at > 0 && list[at - 1].entered_us < call->entered_us)
		at--;
	if (at == most)
		return count;
	if (count == most)
		count--;
	memmove(&list[at + 1], &list[at], (count - at) * sizeof *list);
	list[at] = *call;
	return count + 1;
}

/* Ticks of a moment in which both clocks were read. */
struct moment {
	uint64_t ticks;
	int64_t us;
};

static size_t read_row(struct memory_reader *reader, const struct call_table *table, uint32_t index,
	struct moment now, struct call_count *list, size_t count, size_t most)
{
	uint64_t cells = table->cells + (uint64_t)index * CALL_CELLS * sizeof(struct cell);
	struct call_row row;
	struct call_count call;
	struct cell cell;
	unsigned place = 0;

	if (!memory_read_exact(
		    reader, table->rows + (uint64_t)index * sizeof row, &row, sizeof row))
		return count;
	for (int i = 0; i < CALL_CELLS; i++) {
		if (!memory_read_exact(
			    reader, cells + (uint64_t)i * sizeof cell, &cell, sizeof cell))
			break;
		if (cell.key == 0 || cell.count == 0)
			continue;
		memset(&call, 0, sizeof call);
		memcpy(call.name, row.name, sizeof call.name - 1);
		call.collective = row.collective != 0;
		set_communicator(&call, cell.key);
		call.place = call.communicator == CALL_OTHER ? place++ : 0;
		call.count = cell.count;
		call.entered_us = time_of(table, cell.entered, now.ticks, now.us);
		memcpy(call.arguments, cell.arguments, sizeof call.arguments);
		count = insert(list, count, most, &call);
	}
	return count;
}

size_t call_table_read(
	struct memory_reader *reader, uint64_t address, struct call_count *list, size_t most)
{
	struct call_table table;
	struct moment now = {0};
	uint32_t rows;
	size_t count = 0;

	if (!memory_read_exact(reader, address, &table, sizeof table) ||
		table.version != CALL_TABLE_VERSION)
		return 0;
	if (table.ticks != 0)
		now = (struct moment){call_table_ticks(), instant_mono_us()};
	rows = table.row_count;
	for (uint32_t i = 0; i < rows && i < CALL_ROWS; i++)
		count = read_row(reader, &table, i, now, list, count, most);
	return count;
}
