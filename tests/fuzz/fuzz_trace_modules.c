/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loaded object of arbitrary bytes: where it lies, what it is called, which build it is. Must
 * neither fault nor hang.
 *
 * The bytes are a file that is mapped, and nothing lies behind it: a read there is a fault for
 * whoever does not ask. The notes are read from a buffer of their own too, whose ends
 * AddressSanitizer guards.
 */
#include "core/trace/modules.h"
#include "core/trace/modules_elf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE ((size_t)4096)
#define REGION ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes, which are kept from one input to the next: the mapping is shared with the file. */
static uint8_t *mapped(const uint8_t *data, size_t size)
{
	static uint8_t *region;
	static int fd = -1;

	if (region == NULL) {
		fd = memfd_create("object", 0);
		region = mmap(
			NULL, REGION + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (fd < 0 || region == MAP_FAILED)
			abort();
		region += PAGE;
	}
	size_t pages = (size + PAGE - 1) & ~(PAGE - 1);

	if (ftruncate(fd, 0) != 0 || ftruncate(fd, (off_t)pages) != 0 ||
		pwrite(fd, data, size, 0) != (ssize_t)size ||
		mmap(region, REGION, PROT_NONE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			MAP_FAILED ||
		mmap(region, pages, PROT_READ, MAP_FIXED | MAP_SHARED, fd, 0) == MAP_FAILED)
		abort();
	return region;
}

static void describe(const uint8_t *at, size_t size)
{
	static struct modules modules;
	static char storage[8192];
	struct module *module;
	struct text names;

	text_init(&names, storage, sizeof storage);
	modules_init(&modules);
	modules.by_maps = true;
	module = modules_find(&modules, (uintptr_t)at + size / 2);
	if (module == NULL)
		return;
	modules_describe(&modules, module, &names);
	for (size_t i = 0; i < size; i += size / 8 + 1)
		modules_is_code(&modules, module, (uintptr_t)at + i);
	if (module->public.build_id_size > sizeof module->public.build_id ||
		strstr(module->public.path, "object") == NULL)
		abort();
}

/* The whole input as notes, without a byte before or behind. */
static void notes(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size), *id = malloc(BUILD_ID_MAX);

	if (exact == NULL || id == NULL)
		abort();
	memcpy(exact, data, size);
	if (elf_build_id(exact, size, 4, id, BUILD_ID_MAX) > BUILD_ID_MAX ||
		elf_build_id(exact, size, 8, id, BUILD_ID_MAX) > BUILD_ID_MAX ||
		elf_build_id(exact, size, 1, id, 1) > 1)
		abort();
	free(exact);
	free(id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > REGION)
		return 0;
	notes(data, size);
	describe(mapped(data, size), size);
	return 0;
}
