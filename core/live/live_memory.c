/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_memory.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

ssize_t live_memory_take(pid_t pid, uintptr_t address, void *to, size_t size)
{
	struct iovec here = {to, size}, there = {(void *)address, size};
	ssize_t count = process_vm_readv(pid, &here, 1, &there, 1, 0);

	return count > 0 ? count : count < 0 ? -errno : -EFAULT;
}

/* The bytes of the page at AT; NULL: it cannot be read. */
static const unsigned char *page_at(struct live_memory *memory, uintptr_t at)
{
	struct live_page *page;

	for (unsigned i = 0; i < LIVE_PAGES; i++)
		if (memory->pages[i].at == at && at != 0)
			return memory->pages[i].bytes;
	page = &memory->pages[memory->next];
	page->at = 0;
	if (live_memory_take(memory->pid, at, page->bytes, LIVE_PAGE) != LIVE_PAGE)
		return NULL;
	page->at = at;
	memory->next = (memory->next + 1) % LIVE_PAGES;
	return page->bytes;
}

static size_t read_memory(struct memory_source *source, uintptr_t address, void *to, size_t size)
{
	struct live_memory *memory = (struct live_memory *)source;
	size_t done = 0;

	while (done < size) {
		uintptr_t at = address + done;
		size_t offset = at % LIVE_PAGE, part = LIVE_PAGE - offset;
		const unsigned char *bytes = at < address ? NULL : page_at(memory, at - offset);

		if (bytes == NULL)
			break;
		if (part > size - done)
			part = size - done;
		memcpy((char *)to + done, bytes + offset, part);
		done += part;
	}
	return done;
}

void live_memory_init(struct live_memory *memory, pid_t pid)
{
	memory->source.read = read_memory;
	memory->pid = pid;
	memory->next = 0;
	live_memory_forget(memory);
}

void live_memory_forget(struct live_memory *memory)
{
	for (unsigned i = 0; i < LIVE_PAGES; i++)
		memory->pages[i].at = 0;
}

static size_t read_copy(struct memory_source *source, uintptr_t address, void *to, size_t size)
{
	struct live_copy *copy = (struct live_copy *)source;
	size_t rest;

	if (address < copy->at || address - copy->at >= copy->size)
		return 0;
	rest = copy->size - (address - copy->at);
	if (size > rest)
		size = rest;
	memcpy(to, copy->bytes + (address - copy->at), size);
	return size;
}

void live_copy_init(struct live_copy *copy)
{
	copy->source.read = read_copy;
}
