/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_buffer.h - records that a handler keeps longer than their maker does: copies in one block
 * of bytes each, a ring of them, and its lock.
 *
 * For every filter and formatter, a copy that is read back equals the record: all strings, what was
 * given, every attribute of its extra by name, and its own JSON form. Private to
 * core/logging/handlers. Signal-safe: yes, but record_buffer_init(). Threads: any for
 * record_buffer_take(); the one that holds the lock, for the others.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/timed_lock.h"
#include "core/logging/record.h"

#include <stdbool.h>

/*
 * Copy RECORD to BUFFER of SIZE bytes, which is aligned for any type. Its JSON form cuts itself to
 * fit, so it is made in a text of JSON_SIZE bytes, as it would be without the copy. Returns how
 * many bytes the block takes, or -ENOBUFS.
 */
ssize_t record_copy(const struct log_record *record, size_t json_size, char *buffer, size_t size);

/* A record that was read back: valid as long as its block, and must not be moved. */
struct record_read {
	struct record_extra extra; /* first: a pointer to it is a pointer to this */
	struct log_record record;
	struct record_given given;
	const char *attributes, *trace, *json;
	unsigned attribute_count;
};

/* Read BLOCK, which record_copy() wrote and which may have been moved since, into READ. */
void record_read(const char *block, struct record_read *read);

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
