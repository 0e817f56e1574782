/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call frame information from arbitrary bytes: must neither fault nor hang.
 *
 * The first byte says what the others are: an .eh_frame_hdr with its .eh_frame after 4 bytes of pc;
 * two programs after the length of the first; an expression.
 */
#include "core/trace/cfi.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define REGION ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes at the end of memory: what lies behind them is a fault for whoever does not ask. */
static uint8_t *placed(const uint8_t *data, size_t size)
{
	static uint8_t *region;

	if (region == NULL) {
		region = mmap(NULL, REGION + 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (region == MAP_FAILED || munmap(region + REGION, 4096) != 0)
			abort();
	}
	memcpy(region + REGION - size, data, size);
	return region + REGION - size;
}

static void registers_fill(struct trace_registers *registers, const uint8_t *at)
{
	for (unsigned i = 0; i < REGISTER_COUNT; i++)
		registers->value[i] = (uintptr_t)at + i;
	registers->known = ((uint64_t)1 << REGISTER_COUNT) - 1;
}

static void step(struct memory_reader *reader, const struct cfi_function *function, uint64_t pc,
	const uint8_t *at)
{
	struct trace_registers registers;
	uint64_t frame;

	registers_fill(&registers, at);
	for (unsigned i = 0; i < 4; i++)
		if (cfi_step(reader, reader, function, pc, &registers, &frame) != CFI_STEPPED)
			return;
}

static void from_header(struct memory_reader *reader, const uint8_t *at, size_t size)
{
	struct cfi_function function;
	int32_t offset;

	if (size < sizeof offset)
		return;
	memcpy(&offset, at, sizeof offset);
	at += sizeof offset;
	uint64_t pc = (uint64_t)(uintptr_t)at + (uint64_t)(int64_t)offset;

	if (cfi_find(reader, (uintptr_t)at, pc, &function))
		step(reader, &function, pc, at);
}

static void from_programs(struct memory_reader *reader, const uint8_t *at, size_t size)
{
	if (size < 4)
		return;
	uint64_t begin = (uintptr_t)at + 4, end = (uintptr_t)at + size;
	size_t split = at[0] < size - 4 ? at[0] : size - 4;
	struct cfi_function function = {
		.start = 0x1000,
		.end = 0x2000,
		.common = begin,
		.common_end = begin + split,
		.own = begin + split,
		.own_end = end,
		.code_factor = 1,
		.data_factor = (int8_t)at[1],
		.return_register = at[2] % 20,
		.encoding = at[3],
	};

	step(reader, &function, 0x1800, at);
}

static void from_expression(struct memory_reader *reader, const uint8_t *at)
{
	struct trace_registers registers;
	uint64_t initial = (uintptr_t)at, value;

	registers_fill(&registers, at);
	cfi_expression(reader, reader, (uintptr_t)at, &registers, &initial, &value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_reader reader = {.next = 0};

	if (size < 1 || size > REGION)
		return 0;
	uint8_t *at = placed(data, size) + 1;

	switch (data[0] % 3) {
	case 0: from_header(&reader, at, size - 1); break;
	case 1: from_programs(&reader, at, size - 1); break;
	default: from_expression(&reader, at);
	}
	return 0;
}
