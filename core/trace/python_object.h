/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_object.h - objects of a CPython process: their type, strings, bytes.
 *
 * An object's type is known by its name. Where the type itself also says how its objects are laid
 * out (tp_basicsize, tp_members), that must agree with the offsets, or nothing is read with them.
 * Signal-safe: yes. Threads: one at a time per struct.
 */
#pragma once

#include "core/base/text.h"
#include "core/trace/python_offsets.h"

enum python_type { PYTHON_CODE, PYTHON_STR, PYTHON_BYTES, PYTHON_TYPE_COUNT_ };

struct python_reader {
	struct python_memory memory;
	struct python_offsets offsets;
	uint64_t types[PYTHON_TYPE_COUNT_]; /* 0: none seen yet */
	const char *contradiction;	    /* why nothing that was read counts; NULL: it does */
};

/* The word and the number at FIELD of the structure at BASE; 0 where they are unreadable. */
uint64_t python_word_at(struct python_reader *reader, uint64_t base, enum python_word field);
int32_t python_int_at(struct python_reader *reader, uint64_t base, enum python_word field);

/* Whether an object of exactly TYPE is at OBJECT. */
bool python_is(struct python_reader *reader, uint64_t object, enum python_type type);

/*
 * Append the str at OBJECT, as UTF-8 and at most 500 characters of it; what cannot be printed is
 * escaped, as Python escapes it. Returns false, and TEXT is as it was, where there is no str.
 */
bool python_str_add(struct python_reader *reader, uint64_t object, struct text *text);

/* The bytes at OBJECT. Returns their address, and *RET_SIZE; 0 where there are none. */
uint64_t python_bytes_at(struct python_reader *reader, uint64_t object, uint64_t *ret_size);
