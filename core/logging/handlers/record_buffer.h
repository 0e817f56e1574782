/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_buffer.h - records that a handler keeps: a ring of copies, and who may work on it.
 *
 * Private to core/logging/handlers. Signal-safe: yes, but record_buffer_init(). Threads: any for
 * record_buffer_take(); who has taken it, for the others.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/timed_lock.h"
#include "core/logging/record_copy.h"

#include <stdbool.h>

/* Blocks of bytes that come out in the order in which they went in, each in one piece. */
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

/* The largest copy. Memory that nobody touches costs nothing. */
#define KEPT_STAGE_SIZE ((size_t)1024 * 1024)

struct record_buffer {
	struct timed_lock lock;
	struct record_ring ring;
	char *stage; /* KEPT_STAGE_SIZE bytes to work in */
};

/* An empty one, with memory for about CAPACITY records. Returns 0 or -ENOMEM. */
int record_buffer_init(struct record_buffer *kept, struct arena *arena, int64_t capacity);

/*
 * Begin to work on it, for RECORD or, with more patience, for nobody's (NULL); timed_lock_give()
 * ends it. What a forked child finds half done, it drops: its parent still has it. Returns 0,
 * -EDEADLK or -EBUSY as timed_lock_take().
 */
int record_buffer_take(struct record_buffer *kept, const struct log_record *record);

/* Write RECORD down in kept->stage as record_copy() does, JSON_SIZE being that of the maker's
 * scratch. Returns its size, or -ENOBUFS. */
ssize_t record_buffer_write(
	struct record_buffer *kept, const struct log_record *record, size_t json_size);
