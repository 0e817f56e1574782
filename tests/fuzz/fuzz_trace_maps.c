/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of /proc/self/maps from arbitrary bytes: must neither fault nor hang, and an object that is
 * found must be around the address.
 *
 * The addresses that are looked for are the first line's, and those around it.
 */
#include "core/trace/modules_maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t first_number(const uint8_t *data, size_t size)
{
	char digits[17] = "";

	memcpy(digits, data, size < sizeof digits - 1 ? size : sizeof digits - 1);
	return strtoull(digits, NULL, 16);
}

static void find(int fd, uint64_t address)
{
	struct maps_object *object = malloc(sizeof *object); /* with its ends guarded */
	char path[32];

	if (object == NULL)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (maps_find(path, address, object) &&
		(address < object->start || address >= object->end ||
			strnlen(object->path, sizeof object->path) == sizeof object->path))
		abort();
	free(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t offsets[] = {0, 1, UINT64_MAX, 0x1000, 0x40000};
	static int fd = -1;
	uint64_t first = first_number(data, size);

	if (fd < 0)
		fd = memfd_create("maps", 0);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++)
		find(fd, first + offsets[i]);
	find(fd, UINT64_MAX);
	return 0;
}
