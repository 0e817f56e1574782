/* SPDX-License-Identifier: Apache-2.0 */
/*
 * late_memory.h - memory that most processes never need: it is mapped at its first use, so that a
 * limit of the address space leaves room for the program.
 *
 * What was mapped stays, and a forked child has a copy. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/arena.h"

#include <stddef.h>

/*
 * Of a static variable of pages of zeros: it lies behind all others, so that the small ones, which
 * every process writes, share few pages. The second form has a place of its own there: layout.ld.
 */
#define LARGE_STATIC __attribute__((section(".bss.large")))
#define LARGE_STATIC_AT(slot) __attribute__((section(".bss.large." #slot)))

/* What the constructor learns and makes lives in this arena, in pages that every process writes; it
 * is never released. Constructor only, or before main. */
struct arena *start_arena(void);

/* A copy of STRING there; "" without memory. */
char *start_keep(const char *string);

/*
 * Returns SIZE bytes, which the first call maps, all zero, and notes in *SLOT (static, NULL at
 * first). Returns NULL and leaves *SLOT as it was when the kernel refuses the memory.
 */
void *late_memory(void *_Atomic *slot, size_t size);
