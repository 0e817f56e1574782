/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.h - reads DWARF's numbers one after another from memory that may be damaged or gone.
 *
 * A read that is impossible returns 0 and sets `failed`, which is never cleared: the caller may
 * check it once, at the end. Signal-safe: yes. Threads: one at a time per cursor.
 */
#pragma once

#include "core/base/memory.h"

/* The encodings of pointers in .eh_frame (Linux Standard Base, "DWARF Exception Header Encoding").
 */
enum {
	ENCODING_FORM = 0x0f,
	ENCODING_RELATION = 0x70,
	ENCODING_PC_RELATIVE = 0x10,
	ENCODING_DATA_RELATIVE = 0x30,
	ENCODING_INDIRECT = 0x80,
	ENCODING_OMITTED = 0xff
};

struct cursor {
	struct memory_reader *reader;
	uint64_t at;
	uint64_t end; /* nothing at or behind this address is read */
	bool failed;
};

/* Read a number of SIZE (1, 2, 4 or 8) bytes, or a LEB128 number. */
uint64_t cursor_unsigned(struct cursor *cursor, unsigned size);
int64_t cursor_signed(struct cursor *cursor, unsigned size);
uint64_t cursor_uleb(struct cursor *cursor);
int64_t cursor_sleb(struct cursor *cursor);

/* Skip COUNT bytes. */
void cursor_skip(struct cursor *cursor, uint64_t count);

/* Read a pointer in ENCODING; DATA is the base of a data-relative one. */
uint64_t cursor_pointer(struct cursor *cursor, uint8_t encoding, uint64_t data);
