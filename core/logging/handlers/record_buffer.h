/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_buffer.h - records that a handler keeps: a ring of copies, and its lock.
 *
 * Private to core/logging/handlers. Signal-safe: yes, but record_buffer_init(). Threads: any for
 * record_buffer_take(); the one that holds the lock, for the others.
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
	uint64_t begin,
		end;  /* offsets of the first block and behind the last, not reduced modulo size */
	size_t count; /* of the blocks */
};

/* Make RING an empty ring in BYTES, aligned for any type and of SIZE bytes, a multiple of 8. */
void record_ring_init(struct record_ring *ring, char *bytes, size_t size);

/* Append a copy of BLOCK, of SIZE bytes from 1; false when there is no room. The largest block that
 * an empty ring takes is 8 bytes smaller than the ring. */
bool record_ring_put(struct record_ring *ring, const char *block, size_t size);

/* The oldest block and, in *RET_SIZE, its size; NULL when there is none. It stays until
 * record_ring_drop(). */
const char *record_ring_oldest(struct record_ring *ring, size_t *ret_size);

/* Remove the oldest block, which must be there. */
void record_ring_drop(struct record_ring *ring);

/* Remove all blocks. */
void record_ring_clear(struct record_ring *ring);

/* The largest copy. Memory that nobody touches costs nothing. */
#define RECORD_STAGE_SIZE ((size_t)1024 * 1024)

struct record_buffer {
	struct timed_lock lock;
	struct record_ring ring;
	char *stage; /* RECORD_STAGE_SIZE bytes to work in */
};

/* Make BUFFER an empty buffer with memory for about CAPACITY records. Returns 0 or -ENOMEM. */
int record_buffer_init(struct record_buffer *buffer, struct arena *arena, int64_t capacity);

/*
 * Take buffer->lock, which timed_lock_give() releases, to handle RECORD; NULL: for another purpose,
 * with a longer deadline. A child that was forked while its parent held the lock drops the records:
 * its parent still has them. Returns 0, -EDEADLK or -EBUSY as timed_lock_take().
 */
int record_buffer_take(struct record_buffer *buffer, const struct log_record *record);

/* Copy RECORD to buffer->stage by record_copy(), JSON_SIZE being the size of the scratch that it is
 * formatted in. Returns its size, or -ENOBUFS. */
ssize_t record_buffer_write(
	struct record_buffer *buffer, const struct log_record *record, size_t json_size);
