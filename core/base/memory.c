/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/memory.h"

#include "core/base/sys.h"
#include "core/base/valgrind.h"

#include <errno.h>
#include <string.h>

#define PAGE ((uintptr_t)4096) /* the smallest page of any supported machine: asking too often is harmless */
#define REMEMBERED (sizeof((struct memory_reader *)0)->pages / sizeof(uintptr_t))

static bool page_readable(struct memory_reader *reader, uintptr_t page)
{
	if (page == 0)
		return false;
	for (size_t i = 0; i < REMEMBERED; i++)
		if (reader->pages[i] == page)
			return true;
	/* Valgrind would complain of the question; there, we trust the address. */
	if (!on_valgrind() && sys_sigprocmask(~0, (const void *)page, NULL) == -EFAULT)
		return false;
	reader->pages[reader->next++ % REMEMBERED] = page;
	return true;
}

static size_t readable_from(struct memory_reader *reader, uintptr_t address, size_t size)
{
	size_t done = 0;

	while (done < size) {
		uintptr_t at = address + done;
		size_t rest = PAGE - at % PAGE;

		if (at < address || !page_readable(reader, at - at % PAGE))
			break;
		done += rest < size - done ? rest : size - done;
	}
	return done;
}

/* AddressSanitizer's memcpy() asks whether the program should read there, where we only ask whether it can. */
#if defined(__SANITIZE_ADDRESS__) && defined(__x86_64__)
static void copy(void *to, uintptr_t from, size_t size)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}
#else
static void copy(void *to, uintptr_t from, size_t size)
{
	memcpy(to, (const void *)from, size);
}
#endif

size_t memory_read(struct memory_reader *reader, uintptr_t address, void *to, size_t size)
{
	size_t count = readable_from(reader, address, size);

	copy(to, address, count);
	return count;
}

bool memory_read_exact(struct memory_reader *reader, uintptr_t address, void *to, size_t size)
{
	if (readable_from(reader, address, size) != size)
		return false;
	copy(to, address, size);
	return true;
}

bool memory_read_string(struct memory_reader *reader, uintptr_t address, char *to, size_t size)
{
	size_t count = 0;

	while (count + 1 < size) {
		size_t step = PAGE - (address + count) % PAGE;

		if (step > size - 1 - count)
			step = size - 1 - count;
		step = memory_read(reader, address + count, to + count, step);
		if (step == 0)
			break;
		if (memchr(to + count, '\0', step) != NULL)
			return true;
		count += step;
	}
	to[count] = '\0';
	return count > 0;
}
