/* SPDX-License-Identifier: Apache-2.0 */
/*
 * late_memory.h - memory that most processes never need: mapped when it is, and not before, so that
 * a limit of the address space has room for the program's own.
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
 * The SIZE bytes that PLACE, in static memory and NULL at first, leads to: zeros when they are
 * mapped, then what is in them. Returns NULL, and PLACE as it was, when the kernel refuses them.
 */
void *late_memory(void *_Atomic *slot, size_t size);

/*
 * EVENT_SCRATCH_SIZE bytes for an event, which are the caller's until scratch_give_back(). There is
 * one from the start, the others are mapped. Waits some 20 ms for those that other threads have;
 * then, or when the kernel refuses memory, returns NULL.
 */
char *scratch_take(void);

/* The same for an end, which must not be lost: never NULL. If all fails the first one's, which
 * another thread may have in use. */
char *scratch_take_for_end(void);

/* SCRATCH may be NULL. */
void scratch_give_back(const char *scratch);
