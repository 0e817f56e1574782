/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/record_ring.h"

#include <string.h>

/* Before each block: its size. A size of 0 says that the next one is at the start of the memory. */
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
