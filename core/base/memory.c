/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/memory.h"

#include "core/base/sys.h"
#include "core/base/valgrind.h"

#include <errno.h>
#include <sys/uio.h>

/* The smallest page of any supported machine: probing too often is harmless. */
#define PAGE ((uintptr_t)4096)
#define REMEMBERED (sizeof((struct memory_reader *)0)->pages / sizeof(uintptr_t))

/* A seccomp filter may return any value for the first system call without making it: then the
 * second call decides. */
static bool kernel_can_read(uintptr_t address)
{
	int answer = sys_sigprocmask(~0, (const void *)address, NULL);
	char byte;
	struct iovec to = {&byte, 1}, from = {(void *)address, 1};

	if (answer == -EINVAL || answer == -EFAULT)
		return answer == -EINVAL;
	return sys_try(SYS_process_vm_readv, sys_getpid(), (long)&to, 1, (long)&from, 1, 0) == 1;
}

static bool page_readable(struct memory_reader *reader, uintptr_t page)
{
	if (page == 0)
		return false;
	for (size_t i = 0; i < REMEMBERED; i++)
		if (reader->pages[i] == page)
			return true;
	/* Valgrind would report the first system call as an error of the program: under Valgrind
	 * every address counts as readable. */
	if (!on_valgrind() && !kernel_can_read(page))
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

/* Not by memcpy(), which a sanitizer replaces by a version that refuses memory which the program
 * can, but should not, read. */
static void copy(void *to, uintptr_t from, size_t size)
{
#if defined(__x86_64__)
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
#else
	for (size_t i = 0; i < size; i++)
		((volatile char *)to)[i] = ((const volatile char *)from)[i];
#endif
}

/* copy() for one byte: "rep movsb" takes as long for one byte as for sixty. */
static char byte_at(uintptr_t from)
{
	char byte;

#if defined(__x86_64__)
	__asm__ volatile("movb (%1), %0" : "=q"(byte) : "r"(from) : "memory");
#else
	copy(&byte, from, 1);
#endif
	return byte;
}

size_t memory_read(struct memory_reader *reader, uintptr_t address, void *to, size_t size)
{
	size_t count;

	if (reader->source != NULL)
		return reader->source->read(reader->source, address, to, size);
	count = readable_from(reader, address, size);
	copy(to, address, count);
	return count;
}

bool memory_read_exact(struct memory_reader *reader, uintptr_t address, void *to, size_t size)
{
	if (reader->source != NULL)
		return reader->source->read(reader->source, address, to, size) == size;
	if (readable_from(reader, address, size) != size)
		return false;
	copy(to, address, size);
	return true;
}

static bool read_string_elsewhere(
	struct memory_reader *reader, uintptr_t address, char *to, size_t size)
{
	size_t count = reader->source->read(reader->source, address, to, size - 1);

	to[count] = '\0';
	return count > 0;
}

/* Reads nothing behind the end of the string: a sanitizer or Valgrind would report that. */
bool memory_read_string(struct memory_reader *reader, uintptr_t address, char *to, size_t size)
{
	size_t count = 0;

	if (reader->source != NULL)
		return read_string_elsewhere(reader, address, to, size);
	for (; count + 1 < size; count++) {
		uintptr_t at = address + count;

		if ((count == 0 || at % PAGE == 0) && !page_readable(reader, at - at % PAGE))
			break;
		to[count] = byte_at(at);
		if (to[count] == '\0')
			return true;
	}
	to[count] = '\0';
	return count > 0;
}

bool memory_holds_string(struct memory_reader *reader, uintptr_t address)
{
	for (uintptr_t at = address; at >= address; at++) {
		if ((at == address || at % PAGE == 0) && !page_readable(reader, at - at % PAGE))
			return false;
		if (byte_at(at) == '\0')
			return true;
	}
	return false;
}
