/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handlers/record_buffer.h"

#include "core/base/output.h"
#include "core/base/sys.h"

#include <errno.h>

#define RECORD_SIZE 4096 /* an event that is no failure takes less */
#define LEAST_SIZE ((size_t)256 * 1024)
#define MOST_SIZE ((size_t)8 * 1024 * 1024)

#define CONFIGURING_MS 1000

int record_buffer_init(struct record_buffer *kept, struct arena *arena, int64_t capacity)
{
	size_t size = LEAST_SIZE;
	char *bytes;

	if (capacity > (int64_t)(MOST_SIZE / RECORD_SIZE))
		size = MOST_SIZE;
	else if (capacity > (int64_t)(LEAST_SIZE / RECORD_SIZE))
		size = (size_t)capacity * RECORD_SIZE;
	bytes = arena_alloc(arena, size);
	kept->stage = arena_alloc(arena, KEPT_STAGE_SIZE);
	if (bytes == NULL || kept->stage == NULL)
		return -ENOMEM;
	record_ring_init(&kept->ring, bytes, size);
	return 0;
}

/* Who reports a crash works for the process that crashed, in its memory. */
static int take(struct timed_lock *lock, const struct log_record *record)
{
	if (record == NULL)
		return timed_lock_take(lock, sys_getpid(), CONFIGURING_MS);
	if (record->crashing)
		return timed_lock_take(lock, record->process, 0);
	return timed_lock_take(lock, sys_getpid(), OUTPUT_DEADLINE_MS);
}

int record_buffer_take(struct record_buffer *kept, const struct log_record *record)
{
	int taken = take(&kept->lock, record);

	if (taken > 0)
		record_ring_clear(&kept->ring);
	return taken < 0 ? taken : 0;
}

ssize_t record_buffer_write(
	struct record_buffer *kept, const struct log_record *record, size_t json_size)
{
	if (json_size > KEPT_STAGE_SIZE / 2)
		json_size = KEPT_STAGE_SIZE / 2;
	return record_copy(record, json_size, kept->stage, KEPT_STAGE_SIZE);
}
