/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_table.h - the counters of calls as they lie in a watched process's memory, and how they are
 * read, by the process itself or from outside.
 *
 * libvigil.so has an ELF note (name "vigil", type CALL_TABLE_NOTE) whose content is the distance,
 * 32 bits with sign, from itself to the struct call_table. Rows are copied to forked children;
 * cells are empty in them. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/call_counts.h"
#include "core/base/memory.h"

#include <stdatomic.h>

#define CALL_TABLE_NOTE 1
#define CALL_TABLE_VERSION 3

/* Enough for all of the presets. The tables of cells together are smaller than a huge page, which
 * the kernel would clear at the first call. */
#define CALL_ROWS 204
#define CALL_CELLS 8 /* of a row; the last one is for all communicators without a cell */
/* Tables of cells: of one living thread each, the last one of all further threads. */
#define CALL_SHARDS 10

/* A cell's key: 0: free; else with KEY_USED. */
#define CALL_KEY_USED ((uint64_t)1 << 63)
#define CALL_KEY_FORTRAN ((uint64_t)1 << 62)
#define CALL_KEY_NO_HANDLE ((uint64_t)1 << 61)
#define CALL_KEY_NONE (CALL_KEY_USED | CALL_KEY_NO_HANDLE | 1)
#define CALL_KEY_WORLD (CALL_KEY_USED | CALL_KEY_NO_HANDLE | 2)
#define CALL_KEY_MANY (CALL_KEY_USED | CALL_KEY_NO_HANDLE | 3)

/* In a cell's `root`, above the 32 bits of the rank. */
#define CALL_ROOT_KNOWN ((uint64_t)1 << 32)

/* A function that is counted. */
struct call_row {
	char name[CALL_NAME_SIZE];
	uint8_t collective;
	uint8_t number; /* the preload's own */
	uint8_t reserved[6];
};

struct call_cell {
	_Atomic uint64_t key, count, entered; /* in ticks of the machine's counter; 0: unknown */
	_Atomic uint64_t arguments[CALL_ARGUMENTS];
	_Atomic uint64_t root; /* of the last call, with CALL_ROOT_KNOWN; 0: it has none */
	uint64_t reserved[6];  /* a cell has cache lines of its own */
};

struct call_table {
	uint32_t version; /* 0: nothing is counted */
	_Atomic uint32_t row_count;
	/* Addresses: CALL_ROWS rows, and CALL_SHARDS times CALL_CELLS cells for each. */
	uint64_t rows, cells;
	_Atomic uint64_t shard_count; /* that were ever used, the first ones */
	uint64_t ticks; /* of the counter, at `mono_us` of CLOCK_MONOTONIC; 0: it is not read */
	int64_t mono_us;
};

/* The machine's counter of time; 0 where it has none that programs may read. */
static inline uint64_t call_table_ticks(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	return 0;
#endif
}

/*
 * Read the counts of the process whose memory READER reads, and whose table is at ADDRESS, into
 * LIST, which has room for MOST entries, better CALL_COUNTS_MOST: the last entered first where
 * times are known. Returns how many; 0 where nothing is counted or nothing was called.
 */
size_t call_table_read(
	struct memory_reader *reader, uint64_t address, struct call_count *list, size_t most);
