/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python/python_hook.h"

#include <stddef.h>

/* The allocators that stand behind ours; only ever one function of them is changed, so that
 * another thread that allocates meanwhile finds one or the other, whole. */
static struct {
	PyMemAllocatorEx before;
	_Alignas(max_align_t) char entry[64];
	bool is_taken;
} memory;

static void *take(void *context, size_t size)
{
	if (memory.is_taken || size > sizeof memory.entry)
		return memory.before.malloc(context, size);
	memory.is_taken = true;
	return memory.entry;
}

static void give_back(void *context, void *what)
{
	if (what != memory.entry)
		memory.before.free(context, what);
	else
		python.PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &memory.before);
}

bool python_hook_is_possible(void)
{
	return python.PySys_AddAuditHook && python.PyMem_GetAllocator && python.PyMem_SetAllocator;
}

void python_hook_add(Py_AuditHookFunction hook)
{
	PyMemAllocatorEx ours;

	python.PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &memory.before);
	ours = memory.before;
	ours.malloc = take;
	python.PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &ours);
	python.PySys_AddAuditHook(hook, NULL);
	python.PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &memory.before);
}

void python_hook_is_cleared(void)
{
	PyMemAllocatorEx ours;

	if (!memory.is_taken)
		return;
	memory.is_taken = false;
	python.PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &memory.before);
	ours = memory.before;
	ours.free = give_back;
	python.PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &ours);
}
