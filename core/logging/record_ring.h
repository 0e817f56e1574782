/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_ring.h - blocks of bytes that come out in the order in which they went in, in memory of a
 * fixed size.
 *
 * Each lies in one piece. Signal-safe: yes. Threads: one at a time per ring, see busy.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record_ring {
	char *bytes;
	size_t size;
	uint64_t begin, end; /* of what is in it, counted on and on, modulo size */
	size_t count;	     /* of the blocks */
};

/* An empty one in BYTES, aligned for any type and of SIZE bytes, a multiple of 8. */
void record_ring_init(struct record_ring *ring, char *bytes, size_t size);

/* Put in a copy of BLOCK, of SIZE from 1; false when there is no room. An empty ring takes all but
 * 8 bytes. */
bool record_ring_put(struct record_ring *ring, const char *block, size_t size);

/* The oldest one and, in *RET_SIZE, its bytes; NULL when there is none. It stays until it is
 * dropped. */
const char *record_ring_oldest(struct record_ring *ring, size_t *ret_size);

/* Takes out the oldest one, which is there. */
void record_ring_drop(struct record_ring *ring);

/* Takes out all. */
void record_ring_clear(struct record_ring *ring);
