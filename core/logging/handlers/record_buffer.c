/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handlers/record_buffer.h"

#include "core/base/output.h"
#include "core/base/sys.h"

#include <errno.h>
#include <string.h>

#define RECORD_SIZE 4096 /* bytes for one; events but failures take less */
#define LEAST_SIZE ((size_t)256 * 1024)
#define MOST_SIZE ((size_t)8 * 1024 * 1024)

#define CONFIGURING_MS 1000

/* The size of each block stands before it; 0: the next block is at the start of the memory. */
#define WORD sizeof(uint64_t)

static uint64_t *word_at(const struct record_ring *ring, uint64_t at)
{
	return (uint64_t *)(void *)(ring->bytes + at % ring->size);
}

static size_t round_up(size_t size)
{
	return (size + WORD - 1) / WORD * WORD;
}

void record_ring_init(struct record_ring *ring, char *bytes, size_t size)
{
	ring->bytes = bytes;
	ring->size = size;
	record_ring_clear(ring);
}

void record_ring_clear(struct record_ring *ring)
{
	ring->begin = ring->end = 0;
	ring->count = 0;
}

bool record_ring_put(struct record_ring *ring, const char *block, size_t size)
{
	size_t needed = WORD + round_up(size), to_end = ring->size - ring->end % ring->size;
	size_t skipped = to_end < needed ? to_end : 0;

	if (ring->end - ring->begin + skipped + needed > ring->size)
		return false;
	if (skipped > 0)
		*word_at(ring, ring->end) = 0;
	ring->end += skipped;
	*word_at(ring, ring->end) = size;
	memcpy(word_at(ring, ring->end) + 1, block, size);
	ring->end += needed;
	ring->count++;
	return true;
}

const char *record_ring_oldest(struct record_ring *ring, size_t *ret_size)
{
	if (ring->count == 0)
		return NULL;
	if (*word_at(ring, ring->begin) == 0)
		ring->begin += ring->size - ring->begin % ring->size;
	*ret_size = *word_at(ring, ring->begin);
	return (const char *)(word_at(ring, ring->begin) + 1);
}

void record_ring_drop(struct record_ring *ring)
{
	size_t size;

	record_ring_oldest(ring, &size);
	ring->begin += WORD + round_up(size);
	if (--ring->count == 0)
		record_ring_clear(ring);
}

int record_buffer_init(struct record_buffer *buffer, struct arena *arena, int64_t capacity)
{
	size_t size = LEAST_SIZE;
	char *bytes;

	if (capacity > (int64_t)(MOST_SIZE / RECORD_SIZE))
		size = MOST_SIZE;
	else if (capacity > (int64_t)(LEAST_SIZE / RECORD_SIZE))
		size = (size_t)capacity * RECORD_SIZE;
	bytes = arena_alloc(arena, size);
	buffer->stage = arena_alloc(arena, RECORD_STAGE_SIZE);
	if (bytes == NULL || buffer->stage == NULL)
		return -ENOMEM;
	record_ring_init(&buffer->ring, bytes, size);
	return 0;
}

/* The tracer of a crash takes the lock as the process that crashed, in whose memory it is. */
static int take(struct timed_lock *lock, const struct log_record *record)
{
	if (record == NULL)
		return timed_lock_take(lock, sys_getpid(), CONFIGURING_MS);
	if (record->crashing)
		return timed_lock_take(lock, record->process, 0);
	return timed_lock_take(lock, sys_getpid(), OUTPUT_DEADLINE_MS);
}

int record_buffer_take(struct record_buffer *buffer, const struct log_record *record)
{
	int taken = take(&buffer->lock, record);

	if (taken > 0)
		record_ring_clear(&buffer->ring);
	return taken < 0 ? taken : 0;
}

ssize_t record_buffer_write(
	struct record_buffer *buffer, const struct log_record *record, size_t json_size)
{
	if (json_size > RECORD_STAGE_SIZE / 2)
		json_size = RECORD_STAGE_SIZE / 2;
	return record_copy(record, json_size, buffer->stage, RECORD_STAGE_SIZE);
}
