/* SPDX-License-Identifier: Apache-2.0 */
/*
 * late_memory.h - memory that most processes never need: it is mapped at its first use, so that a
 * limit of the address space leaves room for the program.
 *
 * What was mapped stays, and a forked child has a copy. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stddef.h>

/*
 * Marks a large static variable of zeros. The linker puts it behind all others
 * (--sort-section=name), so that the small ones, which every process writes, share few pages.
 */
#define LARGE_STATIC __attribute__((section(".bss.zz_large")))

/*
 * Returns SIZE bytes, which the first call maps, all zero, and notes in *SLOT (static, NULL at
 * first). Returns NULL and leaves *SLOT as it was when the kernel refuses the memory.
 */
void *late_memory(void *_Atomic *slot, size_t size);
