/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/unwind_code.h"

#include <string.h>

#if defined(__x86_64__)

/* The longest accepted distance from a function's start: a longer one might let a stale value on
 * the stack pass. */
#define CALLED_DISTANCE_MAX ((uint64_t)1 << 12)

#define PUSH_RBP 0x55
#define CALL 0xe8
#define RETURN 0xc3
#define ENDBR64 0xf3, 0x0f, 0x1e, 0xfa
#define ALIGNMENT 16

static const uint8_t endbr64[] = {ENDBR64};

/* mov rbp, rsp, in both encodings. */
static const uint8_t makes_frame[][3] = {{0x48, 0x89, 0xe5}, {0x48, 0x8b, 0xec}};

/* The first bytes of instructions that pad the space before the next function. */
static const uint8_t fillers[] = {0x90, 0x66, 0x0f, 0x2e, 0xcc};

/* Opcodes, from the Intel manual, volume 2. */
static const struct {
	uint8_t length, bytes[4], distance;
} edges[] = {
	{1, {PUSH_RBP}, 0},
	{4, {ENDBR64}, 0},
	{1, {RETURN}, 0},
	{2, {0xf2, RETURN}, 0},
	{3, {0x48, 0x89, 0xe5}, 8}, /* mov rbp, rsp: rbp was pushed */
	{3, {0x48, 0x8b, 0xec}, 8},
};

/* A call is e8 with 4 bytes, or ff /2 in one of its lengths. */
bool code_follows_call(struct memory_reader *code, uint64_t pc)
{
	uint8_t bytes[7];

	if (!memory_read_exact(code, pc - sizeof bytes, bytes, sizeof bytes))
		return false;
	if (bytes[2] == CALL)
		return true;
	for (unsigned length = 2; length <= sizeof bytes; length++) {
		const uint8_t *at = bytes + sizeof bytes - length;

		if (at[0] == 0xff && (at[1] >> 3 & 7) == 2)
			return true;
	}
	return false;
}

static bool starts_with(
	struct memory_reader *code, uint64_t at, const uint8_t *bytes, unsigned length)
{
	uint8_t found[8];

	return memory_read_exact(code, at, found, length) && memcmp(found, bytes, length) == 0;
}

bool code_is_at_edge(struct memory_reader *code, uint64_t pc, uint64_t *ret_distance)
{
	for (unsigned i = 0; i < sizeof edges / sizeof *edges; i++) {
		if (!starts_with(code, pc, edges[i].bytes, edges[i].length))
			continue;
		*ret_distance = edges[i].distance;
		return true;
	}
	return false;
}

bool code_follows_push(struct memory_reader *code, uint64_t pc)
{
	static const uint8_t push[] = {PUSH_RBP};

	return starts_with(code, pc - 1, push, sizeof push);
}

/* Whether a compiler may have placed the start of a function at ADDRESS. */
static bool is_aligned(uint64_t address)
{
	return address % ALIGNMENT == 0;
}

/* Whether START is a stub of the linker's, through which functions of other objects are called. */
static bool is_stub(struct memory_reader *code, uint64_t start)
{
	static const uint8_t jump[] = {0xff, 0x25}, bound_jump[] = {0xf2, 0xff, 0x25};

	if (starts_with(code, start, endbr64, sizeof endbr64))
		start += sizeof endbr64;
	return starts_with(code, start, jump, sizeof jump) ||
	       starts_with(code, start, bound_jump, sizeof bound_jump);
}

/* Whether BYTES, which precede an aligned address, end in a return and padding, so that another
 * function may begin at that address. */
static bool is_end(const uint8_t *bytes)
{
	for (unsigned i = ALIGNMENT; i-- > 0;)
		if (bytes[i] == RETURN)
			return i + 1 == ALIGNMENT || memchr(fillers, bytes[i + 1], sizeof fillers);
	return false;
}

/* Whether one of the first instructions sets up the frame pointer. */
static bool has_frame_pointer(const uint8_t *bytes)
{
	for (unsigned i = 0; i <= ALIGNMENT; i++)
		if (memcmp(bytes + i, makes_frame[0], sizeof makes_frame[0]) == 0 ||
			memcmp(bytes + i, makes_frame[1], sizeof makes_frame[1]) == 0)
			return true;
	return false;
}

/* Whether the code from START to PC may belong to one function without a frame pointer. */
static bool is_one_function(struct memory_reader *code, uint64_t start, uint64_t pc)
{
	uint8_t bytes[ALIGNMENT + sizeof makes_frame[0]];

	for (uint64_t at = start; at < pc; at += ALIGNMENT) {
		if (!memory_read_exact(code, at, bytes, sizeof bytes) ||
			(at + ALIGNMENT <= pc && is_end(bytes)))
			return false;
		if (at == start && has_frame_pointer(bytes))
			return false;
	}
	return true;
}

bool code_called_from(struct memory_reader *code, uint64_t pc, uint64_t back)
{
	struct {
		uint8_t opcode;
		int32_t distance;
	} __attribute__((packed)) call;

	if (!memory_read_exact(code, back - sizeof call, &call, sizeof call) || call.opcode != CALL)
		return false;
	uint64_t start = back + (uint64_t)(int64_t)call.distance;

	return pc - start < CALLED_DISTANCE_MAX && is_aligned(start) && !is_stub(code, start) &&
	       is_one_function(code, start, pc);
}

#endif
