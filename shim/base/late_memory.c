/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/late_memory.h"

#include "core/base/sys.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

struct arena *start_arena(void)
{
	/* What is known of the process, a run directory's handler and its logger fit. */
	static alignas(max_align_t) char memory[2304] LARGE_STATIC_AT(arena);
	static struct arena arena;

	if (arena.chunks == NULL)
		arena_begin(&arena, memory, sizeof memory);
	return &arena;
}

char *start_keep(const char *string)
{
	static char none[1];
	char *copy = arena_strdup(start_arena(), string);

	return copy == NULL ? none : copy;
}

void *late_memory(void *_Atomic *slot, size_t size)
{
	void *memory = atomic_load(slot);
	long address;

	if (memory != NULL)
		return memory;
	address = sys_call(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (address == 0 || (address < 0 && address > -4096))
		return NULL;
	if (atomic_compare_exchange_strong(slot, &memory, (void *)address))
		return (void *)address;
	sys_call(SYS_munmap, address, (long)size, 0, 0, 0, 0);
	return memory;
}
