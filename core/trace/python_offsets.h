/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_offsets.h - where CPython 3.8 to 3.15 keeps what a stack is read from.
 *
 * From 3.13 on the interpreter itself says so: _PyRuntime begins with a table, _Py_DebugOffsets.
 * The structures of 3.8 to 3.12 are those of the version's headers; they are the same in all of its
 * releases, and on all 64-bit machines. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/trace/python_memory.h"

/* The words of the table: the size of a structure, or the offset of a field. */
enum python_word {
#define GROUP(group, since) AT_##group,
#define FIELD(group, field, since, width) AT_##group##_##field,
#define OTHER(group, field, since) AT_##group##_##field,
#include "core/trace/python_offsets.def"
#undef GROUP
#undef FIELD
#undef OTHER
	PYTHON_WORD_COUNT_
};

#define PYTHON_MINOR_MIN 8
#define PYTHON_MINOR_MAX 15

/* Of a word that this version does not have. */
#define PYTHON_ABSENT UINT32_MAX

struct python_offsets {
	unsigned minor; /* 13 of 3.13 */
	bool has_table;
	bool free_threaded;
	uint32_t at[PYTHON_WORD_COUNT_];
};

/*
 * Fill OFFSETS of the interpreter whose _PyRuntime is at RUNTIME. MINOR is its version where that
 * has no table. Returns NULL, or why the offsets are not known, in static storage.
 */
const char *python_offsets_read(struct python_offsets *offsets, struct python_memory *memory,
	uint64_t runtime, unsigned minor);

/* Whether this version has WORD. */
static inline bool python_offsets_has(const struct python_offsets *offsets, enum python_word word)
{
	return offsets->at[word] != PYTHON_ABSENT;
}
