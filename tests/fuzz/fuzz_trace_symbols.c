/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names from an ELF object of arbitrary bytes, as a file and as memory: must neither fault nor
 * hang.
 */
#include "core/trace/modules_elf.h"
#include "core/trace/symbols.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REGION ((size_t)64 * 1024)
#define QUERIES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void search(const struct symbol_table *table)
{
	static char storage[4096];
	struct symbol_query queries[QUERIES] = {{.address = 0x1000}, {.address = 0x1010},
		{.address = 0x1100}, {.address = 0x401000}};
	struct text names;

	text_init(&names, storage, sizeof storage);
	symbols_search(table, queries, QUERIES, &names);
	for (size_t i = 0; i < QUERIES; i++)
		if (queries[i].name != NULL && strlen(queries[i].name) >= sizeof storage)
			abort();
}

static void from_file(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct symbol_table table;
	uint8_t build_id[BUILD_ID_MAX] = {0};

	if (fd < 0)
		fd = memfd_create("object", 0);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	symbols_in_file(fd, build_id, sizeof build_id, &table);
	if (symbols_in_file(fd, NULL, 0, &table))
		search(&table);
}

static void from_memory(const uint8_t *data, size_t size)
{
	static uint8_t *region;
	struct memory_reader reader = {.next = 0};
	Elf64_Phdr segments[SEGMENTS_MAX];
	struct symbol_table table;
	struct module module = {.described = true};

	if (region == NULL) {
		region = mmap(NULL, REGION + 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (region == MAP_FAILED || munmap(region + REGION, 4096) != 0)
			abort();
	}
	uint8_t *at = region + REGION - size;

	memcpy(at, data, size);
	module.public.start = module.public.bias = module.header = (uintptr_t)at;
	module.public.end = (uintptr_t)at + size;
	unsigned count = elf_segments(&reader, module.header, segments);
	const Elf64_Phdr *dynamic = elf_segment(segments, count, PT_DYNAMIC);
	uint64_t start, end;

	elf_extent(segments, count, &start, &end);
	if (dynamic == NULL)
		return;
	module.dynamic = module.public.bias + dynamic->p_vaddr;
	if (symbols_in_memory(&reader, &module, &table))
		search(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > REGION)
		return 0;
	from_file(data, size);
	from_memory(data, size);
	return 0;
}
