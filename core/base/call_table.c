/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/call_table.h"

#include "core/base/clock.h"

#include <string.h>

/* A cell, read at once; the process goes on meanwhile. */
struct cell {
	uint64_t key, count, entered, arguments[CALL_ARGUMENTS], root, reserved[6];
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

/* The counts that are being read, in the order in which they are found. */
struct found {
	struct call_count *list;
	size_t count, most;
};

/* The entry of FOUND, from FIRST on, that is of CALL's communicator; NULL: none. *RET_PLACE is how
 * many there are of others than the world. */
static struct call_count *find(
	const struct found *found, size_t first, const struct call_count *call, unsigned *ret_place)
{
	*ret_place = 0;
	for (size_t i = first; i < found->count; i++) {
		struct call_count *known = &found->list[i];

		if (known->communicator == call->communicator && known->handle == call->handle &&
			known->many == call->many)
			return known;
		*ret_place += known->communicator == CALL_OTHER;
	}
	return NULL;
}

/* Add CALL, of one thread, to the entries of its function, which begin at FIRST. */
static void add(struct found *found, size_t first, struct call_count *call)
{
	unsigned place;
	struct call_count *known = find(found, first, call, &place);

	if (known == NULL) {
		if (call->communicator == CALL_OTHER)
			call->place = place;
		if (found->count < found->most)
			found->list[found->count++] = *call;
		return;
	}
	if (call->entered_us >= known->entered_us) {
		known->entered_us = call->entered_us;
		known->has_root = call->has_root;
		known->root = call->root;
		memcpy(known->arguments, call->arguments, sizeof call->arguments);
	}
	known->count += call->count;
}

/* Ticks of a moment in which both clocks were read. */
struct moment {
	uint64_t ticks;
	int64_t us;
};

static void read_row(struct memory_reader *reader, const struct call_table *table, uint32_t index,
	struct moment now, struct found *found)
{
	uint64_t shards = table->shard_count;
	size_t first = found->count;
	struct call_row row;

	if (!memory_read_exact(
		    reader, table->rows + (uint64_t)index * sizeof row, &row, sizeof row))
		return;
	for (uint64_t shard = 0; shard < shards && shard < CALL_SHARDS; shard++)
		for (unsigned i = 0; i < CALL_CELLS; i++) {
			uint64_t at = (shard * CALL_ROWS + index) * CALL_CELLS + i;
			struct call_count call;
			struct cell cell;

			if (!memory_read_exact(
				    reader, table->cells + at * sizeof cell, &cell, sizeof cell))
				return;
			if (cell.key == 0 || cell.count == 0)
				continue;
			memset(&call, 0, sizeof call);
			memcpy(call.name, row.name, sizeof call.name - 1);
			call.collective = row.collective != 0;
			set_communicator(&call, cell.key);
			call.count = cell.count;
			call.entered_us = time_of(table, cell.entered, now.ticks, now.us);
			call.has_root = (cell.root & CALL_ROOT_KNOWN) != 0;
			call.root = call.has_root ? (int32_t)(uint32_t)cell.root : 0;
			memcpy(call.arguments, cell.arguments, sizeof call.arguments);
			add(found, first, &call);
		}
}

/* Put those that were entered last first. */
static void sort(struct call_count *list, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct call_count call = list[i];
		size_t at = i;

		for (; at > 0 && list[at - 1].entered_us < call.entered_us; at--)
			list[at] = list[at - 1];
		list[at] = call;
	}
}

size_t call_table_read(
	struct memory_reader *reader, uint64_t address, struct call_count *list, size_t most)
{
	struct found found = {list, 0, most};
	struct call_table table;
	struct moment now = {0};
	uint32_t rows;

	if (!memory_read_exact(reader, address, &table, sizeof table) ||
		table.version != CALL_TABLE_VERSION)
		return 0;
	if (table.ticks != 0)
		now = (struct moment){call_table_ticks(), instant_mono_us()};
	rows = table.row_count;
	for (uint32_t i = 0; i < rows && i < CALL_ROWS; i++)
		read_row(reader, &table, i, now, &found);
	sort(list, found.count);
	return found.count;
}
