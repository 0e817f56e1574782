/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/late_tables.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By the linker: where this library lies, and where these tables do. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char late_tables[] __attribute__((visibility("hidden")));
extern const char late_tables_end[] __attribute__((visibility("hidden")));

/* Where the loader's list ends. It has made an absolute address of where that begins, or not. */
static const ElfW(Rela) * behind_list(uintptr_t base)
{
	uintptr_t start = 0, size = 0;

	for (const ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_RELA)
			start = entry->d_un.d_ptr;
		else if (entry->d_tag == DT_RELASZ)
			size = entry->d_un.d_val;
	}
	return (const ElfW(Rela) *)((start < base ? start + base : start) + size);
}

static bool is_late(uintptr_t slot)
{
	return slot >= (uintptr_t)late_tables && slot < (uintptr_t)late_tables_end;
}

void late_tables_relocate(void)
{
	static bool done;
	uintptr_t base = (uintptr_t)__ehdr_start;
	const ElfW(Rela) *at = behind_list(base);

	for (; !done && is_late(base + at->r_offset); at++)
		*(uintptr_t *)(base + at->r_offset) = base + (uintptr_t)at->r_addend;
	done = true;
}
