/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_buffer.h - buffers records for a handler: copies, each in one block of bytes, a ring of
 * blocks, and its lock.
 *
 * To every filter and formatter, a copy that is read back equals the record: all strings, struct
 * record_given, every attribute of extra by name, and the record's own JSON form. Private to
 * core/logging/handlers. Signal-safe: yes, but record_buffer_init(). Threads: any for
 * record_buffer_take(); the one that holds the lock, for the others.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/timed_lock.h"
#include "core/logging/record.h"

#include <stdbool.h>

/*
 * Copy RECORD to BUFFER of SIZE bytes, which is aligned for any type. RECORD's JSON form, which
 * cuts itself to fit, is made in JSON_SIZE bytes, the size of the scratch in which RECORD would be
 * formatted without the copy, but at most in half of RECORD_STAGE_SIZE. Returns how many bytes the
 * block takes, or -ENOBUFS.
 */
ssize_t record_copy(const struct log_record *record, size_t json_size, char *buffer, size_t size);

/* A record that was read back: valid as long as its block; must not be moved. */
struct record_read {
	struct record_extra extra; /* first: a pointer to it is a pointer to this */
	struct log_record record;
	struct record_given given;
	const char *attributes, *trace, *json;
	unsigned attribute_count;
};

/* Read BLOCK, which record_copy() wrote, and which may have been moved, into READ. */
void record_read(const char *block, struct record_read *read);

/* A queue of blocks of bytes, each in one piece. An empty one is all zero but for `bytes`, aligned
 * for any type, and `size`, a multiple of 8. */
struct record_ring {
	char *bytes;
	size_t size;
	uint64_t begin,
		end;  /* offsets of the first block and behind the last, not reduced modulo size */
	size_t count; /* of the blocks */
};

/* Append a copy of BLOCK, of SIZE (at least 1) bytes; false when there is no room. The largest
 * block that an empty ring takes is 8 bytes smaller than the ring. */
bool record_ring_put(struct record_ring *ring, const char *block, size_t size);

/* The oldest block and, in *RET_SIZE, its size; NULL when there is none. The block is valid until
 * record_ring_drop(). */
const char *record_ring_oldest(struct record_ring *ring, size_t *ret_size);

/* Remove the oldest block; the ring must not be empty. */
void record_ring_drop(struct record_ring *ring);

/* Remove all blocks. */
void record_ring_clear(struct record_ring *ring);

/* The size of the largest copy. Untouched memory costs nothing. */
#define RECORD_STAGE_SIZE ((size_t)1024 * 1024)

struct record_buffer {
	struct timed_lock lock;
	struct record_ring ring;
	char *stage; /* work space of RECORD_STAGE_SIZE bytes */
};

/* Make BUFFER an empty buffer with memory for about CAPACITY records. Returns 0 or -ENOMEM. */
int record_buffer_init(struct record_buffer *buffer, struct arena *arena, int64_t capacity);

/*
 * Take buffer->lock, which timed_lock_give() releases, to handle RECORD; RECORD NULL: for another
 * purpose, with a longer deadline. A child that was forked while its parent held the lock drops the
 * records, which the parent still has. Returns 0, -EDEADLK or -EBUSY as timed_lock_take().
 */
int record_buffer_take(struct record_buffer *buffer, const struct log_record *record);
