/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handlers/record_buffer.h"

#include "core/base/output.h"
#include "core/logging/logger.h"

#include <errno.h>

/* For how many milliseconds a crash hands on buffered records. */
#define CRASH_FLUSH_MS (4 * OUTPUT_DEADLINE_MS)

struct memory_handler {
	struct handler base;
	struct handler *_Atomic target;
	int64_t capacity;
	int flush_level;
	struct logging *logging;
	struct record_buffer buffer;
};

static struct memory_handler *memory_of(const struct handler *handler)
{
	return (struct memory_handler *)handler;
}

/* Hands all buffered records to TARGET, on behalf of RECORD, or of none (NULL); the caller holds
 * buffer.lock. */
static void hand_on(struct memory_handler *memory, struct handler *target,
	const struct log_record *record, struct text *scratch)
{
	int64_t until = instant_mono_us() + CRASH_FLUSH_MS * 1000;
	bool crashing = record != NULL && record->crashing;
	struct record_read read;
	const char *block;
	size_t size;

	while ((block = record_ring_oldest(&memory->buffer.ring, &size)) != NULL) {
		if (crashing && instant_mono_us() > until)
			return;
		record_read(block, &read);
		read.record.crashing = crashing;
		if (logging_hand_over(memory->logging, target, &read.record, scratch) < 0 &&
			memory->logging != NULL)
			atomic_fetch_add(&memory->logging->late_losses, 1);
		record_ring_drop(&memory->buffer.ring);
	}
}

/* Hands RECORD itself to TARGET, whose filters may change it for TARGET alone. */
static int hand_on_new(
	struct handler *target, const struct log_record *record, struct text *scratch)
{
	struct log_record copy = *record;

	return handler_handle(target, &copy, scratch);
}

/* Buffers RECORD; hands on, or drops if there is no target, older records to make room. */
static int keep(struct memory_handler *memory, struct handler *target,
	const struct log_record *record, struct text *scratch)
{
	struct record_ring *ring = &memory->buffer.ring;
	ssize_t size = record_copy(record, scratch->size, memory->buffer.stage, RECORD_STAGE_SIZE);

	while (size >= 0 && !record_ring_put(ring, memory->buffer.stage, (size_t)size)) {
		if (ring->count == 0)
			size = -ENOBUFS;
		else if (target == NULL)
			record_ring_drop(ring);
		else
			hand_on(memory, target, record, scratch);
	}
	if (size >= 0)
		return 0;
	if (target == NULL)
		return -ENOBUFS;
	hand_on(memory, target, record, scratch);
	return hand_on_new(target, record, scratch);
}

static int emit_as_holder(
	struct memory_handler *memory, const struct log_record *record, struct text *scratch)
{
	struct handler *target = atomic_load(&memory->target);
	bool full = (int64_t)memory->buffer.ring.count + 1 >= memory->capacity;

	if (target == NULL || (!full && record->levelno < memory->flush_level))
		return keep(memory, target, record, scratch);
	hand_on(memory, target, record, scratch);
	return hand_on_new(target, record, scratch);
}

static int memory_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct memory_handler *memory = memory_of(handler);
	struct handler *target;
	int error = record_buffer_take(&memory->buffer, record);

	if (error < 0) {
		target = atomic_load(&memory->target);
		return target == NULL ? error : hand_on_new(target, record, scratch);
	}
	error = emit_as_holder(memory, record, scratch);
	timed_lock_give(&memory->buffer.lock);
	return error;
}

/* RECORD and SCRATCH NULL: for no record, in memory of the buffer's own. */
static void memory_flush(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct memory_handler *memory = memory_of(handler);
	struct handler *target = atomic_load(&memory->target);
	struct text stage;

	if (target == NULL || record_buffer_take(&memory->buffer, record) < 0)
		return;
	text_init(&stage, memory->buffer.stage, RECORD_STAGE_SIZE);
	hand_on(memory, target, record, scratch == NULL ? &stage : scratch);
	timed_lock_give(&memory->buffer.lock);
}

void memory_handler_set_target(struct handler *handler, struct handler *target)
{
	atomic_store(&memory_of(handler)->target, target);
}

static void memory_close(struct handler *handler)
{
	struct memory_handler *memory = memory_of(handler);

	if (!handler->unflushed_at_close)
		memory_flush(handler, NULL, NULL);
	atomic_store(&memory->target, NULL);
	if (record_buffer_take(&memory->buffer, NULL) < 0)
		return;
	record_ring_clear(&memory->buffer.ring);
	timed_lock_give(&memory->buffer.lock);
}

static void memory_describe(const struct handler *handler, struct text *text)
{
	text_printf(text, "Memory capacity=%lld", (long long)memory_of(handler)->capacity);
}

static struct handler *memory_target(const struct handler *handler, size_t index)
{
	return index == 0 ? atomic_load(&memory_of(handler)->target) : NULL;
}

static const struct handler_class memory_class = {
	.name = "logging.handlers.MemoryHandler",
	.emit = memory_emit,
	.flush = memory_flush,
	.target = memory_target,
	.describe = memory_describe,
	.close = memory_close,
};

int memory_handler_new(struct arena *arena, const struct memory_options *options,
	struct handler *target, struct handler **ret_handler)
{
	struct memory_handler *memory = arena_alloc(arena, sizeof *memory);

	if (memory == NULL || record_buffer_init(&memory->buffer, arena, options->capacity) < 0)
		return -ENOMEM;
	memory->base.class = &memory_class;
	memory->base.unflushed_at_close = options->no_flush_on_close;
	memory->capacity = options->capacity;
	memory->flush_level = options->flush_level;
	memory->logging = options->logging;
	atomic_init(&memory->target, target);
	*ret_handler = &memory->base;
	return 0;
}
