/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/unwind_frame_size.h"

#include <string.h>

#if defined(__x86_64__)

#define WORD sizeof(uint64_t)
#define CODE_MAX ((uint64_t)1 << 16) /* of a larger function nothing is found out */
#define SIZES_MAX 4
#define PIECE 1024
#define PATTERN 7 /* the longest instruction that counts */

/* The frame pointer points to the caller's, below the return address. */
#define RECORD ((int64_t)(2 * WORD))

/* What a function may take from its stack pointer at once. */
struct sizes {
	int64_t list[SIZES_MAX];
	unsigned count;
	bool varies; /* it takes what it computes */
};

static void add_size(struct sizes *sizes, int64_t size)
{
	for (unsigned i = 0; i < sizes->count; i++)
		if (sizes->list[i] == size)
			return;
	if (size < 0 || sizes->count == SIZES_MAX)
		sizes->varies = true;
	else
		sizes->list[sizes->count++] = size;
}

/* Looks at what may be an instruction at AT, from the Intel manual, volume 2: sub and add of a
 * constant, and what moves the stack pointer by a register's value. */
static void look_at(struct sizes *sizes, const uint8_t *at)
{
	int32_t wide;

	if (at[0] != 0x48)
		return;
	memcpy(&wide, at + 3, sizeof wide);
	if (at[1] == 0x83 && at[2] == 0xec)
		add_size(sizes, (int8_t)at[3]);
	else if (at[1] == 0x81 && at[2] == 0xec)
		add_size(sizes, wide);
	else if (at[1] == 0x83 && at[2] == 0xc4 && at[3] == 0x80)
		add_size(sizes, 128);
	else if ((at[1] == 0x29 && (at[2] & 0xc7) == 0xc4) ||
		 (at[1] == 0x2b && (at[2] & 0xf8) == 0xe0) || (at[1] == 0x83 && at[2] == 0xe4) ||
		 (at[1] == 0x81 && at[2] == 0xe4))
		sizes->varies = true;
}

/* Fills SIZES from the code from START to END. Returns false where it cannot be read. */
static bool read_sizes(
	struct memory_reader *code, uint64_t start, uint64_t end, struct sizes *sizes)
{
	uint8_t bytes[PIECE + PATTERN];

	if (end - start > CODE_MAX)
		return false;
	for (uint64_t at = start; at < end; at += PIECE) {
		size_t size = end - at < PIECE ? end - at : PIECE;

		memset(bytes, 0, sizeof bytes);
		if (memory_read(code, at, bytes, size + PATTERN) < size)
			return false;
		for (size_t i = 0; i < size; i++)
			look_at(sizes, bytes + i);
	}
	if (sizes->count == 0)
		add_size(sizes, 0);
	return !sizes->varies;
}

static uint64_t word_at(struct memory_reader *reader, uint64_t address)
{
	uint64_t word;

	return memory_read_exact(reader, address, &word, sizeof word) ? word : 0;
}

/* The code that a stub of the linker's at STUB jumps to; STUB where that is none. */
static uint64_t behind_stub(struct memory_reader *code, uint64_t stub)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	uint8_t bytes[12] = {0};
	unsigned at = 0;
	int32_t distance;

	if (memory_read(code, stub, bytes, sizeof bytes) == 0)
		return stub;
	if (memcmp(bytes, endbr64, sizeof endbr64) == 0)
		at = sizeof endbr64;
	at += bytes[at] == 0xf2;
	if (bytes[at] != 0xff || bytes[at + 1] != 0x25)
		return stub;
	if (!memory_read_exact(code, stub + at + 2, &distance, sizeof distance))
		return stub;
	return word_at(code, stub + at + 6 + (uint64_t)(int64_t)distance);
}

/* Whether BACK is behind a call of the function at START, or behind one of an address in a
 * register or in memory, which may have been this function's. */
static bool is_behind_call(struct memory_reader *code, uint64_t back, uint64_t start)
{
	uint8_t bytes[PATTERN];
	int32_t distance;

	if (!memory_read_exact(code, back - sizeof bytes, bytes, sizeof bytes))
		return false;
	memcpy(&distance, bytes + 3, sizeof distance);
	uint64_t target = back + (uint64_t)(int64_t)distance;

	if (bytes[2] == 0xe8 && (target == start || behind_stub(code, target) == start))
		return true;
	if (bytes[1] == 0xff && bytes[2] == 0x15)
		return word_at(code, target) == start;
	for (unsigned length = 2; length <= PATTERN; length++) {
		const uint8_t *at = bytes + sizeof bytes - length;
		bool has_displacement = at[1] >> 6 == 1 || at[1] >> 6 == 2;
		bool has_index = at[1] >> 6 != 3 && (at[1] & 7) == 4;
		unsigned wanted = 2 + has_index + (has_displacement ? at[1] >> 6 == 1 ? 1 : 4 : 0);

		if (at[0] == 0xff && (at[1] >> 3 & 7) == 2 && length == wanted)
			return true;
	}
	return false;
}

/* How far below the CFA the lowest register is that the function has saved; 0: its frame begins
 * with no frame pointer. */
static int64_t saved_depth(const struct cfi_row *row)
{
	const struct cfi_rule *fp = &row->registers[REGISTER_FP];
	int64_t depth = RECORD;

	if (row->cfa.kind != RULE_REGISTER || row->cfa.value != REGISTER_FP ||
		row->cfa_offset != RECORD || fp->kind != RULE_OFFSET ||
		(int64_t)fp->value != -RECORD)
		return 0;
	for (unsigned i = 0; i < REGISTER_COUNT; i++)
		if (row->registers[i].kind == RULE_OFFSET &&
			-(int64_t)row->registers[i].value > depth)
			depth = -(int64_t)row->registers[i].value;
	return depth;
}

bool frame_size_find_fp(struct memory_reader *code, struct memory_reader *stack,
	const struct cfi_function *function, const struct cfi_row *row, uint64_t pc, uint64_t sp,
	uint64_t *ret_fp)
{
	struct sizes sizes = {.count = 0};
	int64_t depth = saved_depth(row);
	uint64_t found = 0;

	if (depth == 0 || sp % WORD != 0 || !read_sizes(code, function->start, pc, &sizes))
		return false;
	for (unsigned i = 0; i < sizes.count; i++) {
		uint64_t cfa = sp + (uint64_t)(sizes.list[i] + depth);

		if (cfa % WORD != 0 ||
			!is_behind_call(code, word_at(stack, cfa - WORD), function->start))
			continue;
		if (found != 0)
			return false;
		found = cfa - (uint64_t)RECORD;
	}
	if (found == 0)
		return false;
	*ret_fp = found;
	return true;
}
#else
bool frame_size_find_fp(struct memory_reader *code, struct memory_reader *stack,
	const struct cfi_function *function, const struct cfi_row *row, uint64_t pc, uint64_t sp,
	uint64_t *ret_fp)
{
	(void)code, (void)stack, (void)function, (void)row, (void)pc, (void)sp, (void)ret_fp;
	return false;
}
#endif
