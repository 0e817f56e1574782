/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pickle_stack.h - the machine that the opcodes of a pickle drive: the bytes that are left, the
 * stack with its marks, and the memo.
 *
 * Signal-safe: no. Threads: a machine belongs to one.
 */
#pragma once

#include "core/report/dumps/dump_value.h"

/* How many lists, tuples and dicts may be begun and not be complete. */
#define PICKLE_MARKS_MOST 4096

struct unpickler {
	const uint8_t *start, *at, *end;
	struct dump_memory *memory;
	struct dump_value stack, memo;	 /* lists; in the memo, NULL where nothing was put */
	size_t marks[PICKLE_MARKS_MOST]; /* how many values were on the stack at each */
	size_t mark_count;
	bool done;
	const char *wrong; /* what an opcode found, in static storage */
};

/* Notes what is WRONG, in static storage; returns false. */
bool pickle_fail(struct unpickler *from, const char *wrong);
bool pickle_fail_memory(struct unpickler *from);

/* The next COUNT bytes; NULL: there are not so many, and that is noted. */
const uint8_t *pickle_take(struct unpickler *from, uint64_t count);

/* A number of SIZE bytes, at most 8, the lowest first. Returns false, and notes it, where they are
 * not there. */
bool pickle_take_size(struct unpickler *from, size_t size, uint64_t *ret_number);

/* The *RET_COUNT bytes up to the next newline; NULL, and noted: there is none. */
const char *pickle_take_line(struct unpickler *from, size_t *ret_count);

/* How many values lie on the stack above the last mark. */
size_t pickle_above_mark(const struct unpickler *from);

/* Puts VALUE on the stack. Returns false, and notes it, where there is no memory, or VALUE is NULL
 * for want of it. */
bool pickle_push(struct unpickler *from, struct dump_value *value);

/* Takes the value on top; NULL, and noted: there is none above the last mark. */
struct dump_value *pickle_pop(struct unpickler *from);

/* Takes the last mark away; *RET_FIRST is the index of the first value above it. Returns false, and
 * notes it, where there is no mark. */
bool pickle_pop_mark(struct unpickler *from, size_t *ret_first);

/* Moves the values from FIRST on off the stack, to the end of LIST. Returns false, and notes it,
 * where there is no memory, or LIST is a dict and a value lacks its key. */
bool pickle_move(struct unpickler *from, size_t first, struct dump_value *list);
