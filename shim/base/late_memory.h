/* SPDX-License-Identifier: Apache-2.0 */
/*
 * late_memory.h - memory that most processes never need: mapped when it is, and not before, so that
 * a limit of the address space has room for the program's own.
 *
 * What was mapped stays, and a forked child has a copy. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stddef.h>

/*
 * Of a static variable of pages of zeros: it lies behind all others (--sort-section=name), so that
 * the small ones, which every process writes, share few pages.
 */
#define LARGE_STATIC __attribute__((section(".bss.zz_large")))

/*
 * The SIZE bytes at *SLOT, which is static and NULL at first: mapped, and all zero, at the first
 * call. Returns NULL, and *SLOT as it was, when the kernel refuses them.
 */
void *late_memory(void *_Atomic *slot, size_t size);
