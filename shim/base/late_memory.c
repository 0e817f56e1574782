/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/late_memory.h"

#include "core/base/sys.h"

#include <stdatomic.h>
#include <sys/mman.h>

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
