/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handlers/queue.h"

#include "core/base/deadline.h"
#include "core/base/names.h"
#include "core/base/output.h"
#include "core/base/sys.h"
#include "core/logging/handlers/record_buffer.h"
#include "core/logging/logger.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <string.h>

#define FULL_PAUSE_US 200

/* How long close() waits for the record that the listener has in hand, in milliseconds. */
#define CLOSE_MS 1000

struct queue_handler {
	struct handler base;
	struct queue_options options;
	struct record_buffer buffer;
	atomic_int listener; /* the process whose thread takes records out; 0: none */
	atomic_uint put;     /* counts queued records; a futex that the thread sleeps on */
	atomic_bool sleeping;
	atomic_bool in_hand; /* the thread is handling a record that it has taken out */
};

_Static_assert(QUEUE_WORK_SIZE >= RECORD_STAGE_SIZE, "every record fits into the thread's memory");

static struct queue_handler *queue_of(const struct handler *handler)
{
	return (struct queue_handler *)handler;
}

static bool is_listened_to(const struct queue_handler *queue)
{
	return atomic_load(&queue->listener) == sys_getpid();
}

/*
 * Python's prepare(): sets RECORD's message to the formatted text. The text lies in the buffer of
 * SCRATCH, which is reduced to the rest of that buffer. A record of which only the message would be
 * formatted stays as it is.
 */
static int prepare(
	const struct queue_handler *queue, struct log_record *record, struct text *scratch)
{
	const struct formatter *formatter = queue->base.formatter;
	bool traced = record->exc_text != NULL && record->exc_text[0] != '\0';
	bool stacked = record->stack_info != NULL && record->stack_info[0] != '\0';
	int error;

	if (formatter == NULL && !traced && !stacked)
		return 0;
	text_reset(scratch, 0);
	error = formatter_format(
		formatter == NULL ? &formatter_default : formatter, record, scratch);
	if (error < 0)
		return error;
	record->message = scratch->data;
	record->exc_text = record->stack_info = NULL;
	if (scratch->length + 1 == scratch->size)
		return -ENOBUFS;
	text_init(
		scratch, scratch->data + scratch->length + 1, scratch->size - scratch->length - 1);
	return 0;
}

/* Python's QueueListener.handle(). Reports errors to LOGGING; if that is NULL, the caller does.
 * Returns 0 or the last error. */
static int hand_on(const struct queue_handler *queue, const struct logging *logging,
	struct log_record *record, struct text *scratch)
{
	const struct handler_list *handlers = &queue->options.handlers;
	int last = 0;

	for (size_t i = 0; i < handlers->count; i++) {
		struct handler *handler = handlers->items[i];
		int error;

		if (queue->options.respect_handler_level && record->levelno < handler->level)
			continue;
		error = logging_hand_over(logging, handler, record, scratch);
		last = error < 0 ? error : last;
	}
	return last;
}

static void wake(struct queue_handler *queue)
{
	atomic_fetch_add(&queue->put, 1);
	if (atomic_load(&queue->sleeping))
		sys_call(SYS_futex, (long)&queue->put, FUTEX_WAKE_PRIVATE, INT_MAX, 0, 0, 0);
}

static bool put(struct queue_handler *queue, size_t size)
{
	struct record_ring *ring = &queue->buffer.ring;

	return (int64_t)ring->count < queue->options.capacity &&
	       record_ring_put(ring, queue->buffer.stage, size);
}

/* One attempt; the caller holds buffer.lock. Returns 0; -EAGAIN: the queue is full; or another
 * -errno: RECORD must be handled at once. */
static int put_as_holder(
	struct queue_handler *queue, const struct log_record *record, size_t json_size)
{
	ssize_t size;

	if (!is_listened_to(queue))
		return -ESRCH;
	size = record_copy(record, json_size, queue->buffer.stage, RECORD_STAGE_SIZE);
	if (size < 0 || (size_t)size + 8 > queue->buffer.ring.size)
		return -ENOBUFS;
	while (!put(queue, (size_t)size)) {
		if (queue->options.policy != QUEUE_DROP_OLD || queue->buffer.ring.count == 0)
			return -EAGAIN;
		record_ring_drop(&queue->buffer.ring);
	}
	return 0;
}

static int try_to_put(
	struct queue_handler *queue, const struct log_record *record, size_t json_size)
{
	int error = record_buffer_take(&queue->buffer, record);

	if (error < 0)
		return error;
	error = put_as_holder(queue, record, json_size);
	timed_lock_give(&queue->buffer.lock);
	if (error == 0)
		wake(queue);
	return error;
}

static int put_in_time(
	struct queue_handler *queue, const struct log_record *record, size_t json_size)
{
	struct deadline deadline = deadline_in(OUTPUT_DEADLINE_MS);
	int error;

	while ((error = try_to_put(queue, record, json_size)) == -EAGAIN) {
		if (queue->options.policy == QUEUE_DROP_NEW)
			return 0;
		if (deadline_is_over(&deadline))
			break;
		sys_pause(FULL_PAUSE_US);
	}
	return error;
}

static int queue_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct queue_handler *queue = queue_of(handler);
	struct log_record prepared = *record;
	size_t json_size = scratch->size;
	struct text rest = *scratch;
	int error = prepare(queue, &prepared, &rest);

	if (error < 0)
		return error;
	if (!record->crashing && is_listened_to(queue) &&
		put_in_time(queue, &prepared, json_size) == 0)
		return 0;
	return hand_on(queue, NULL, &prepared, &rest);
}

bool queue_is(const struct handler *handler)
{
	return handler->class->emit == queue_emit;
}

int queue_listen(struct handler *handler)
{
	struct queue_handler *queue = queue_of(handler);
	int error = record_buffer_take(&queue->buffer, NULL);

	if (error < 0)
		return error;
	error = is_listened_to(queue) ? -EALREADY : 0;
	if (error == 0) {
		/* The parent process handles the records that it had queued. */
		if (atomic_load(&queue->listener) != 0)
			record_ring_clear(&queue->buffer.ring);
		atomic_store(&queue->in_hand, false);
		atomic_store(&queue->listener, sys_getpid());
	}
	timed_lock_give(&queue->buffer.lock);
	return error;
}

void queue_unlisten(struct handler *handler)
{
	struct queue_handler *queue = queue_of(handler);

	atomic_store(&queue->listener, 0);
	wake(queue);
}

/* Moves the oldest record to BLOCK; false when there is none. */
static bool take_out(struct queue_handler *queue, char *block)
{
	const char *oldest;
	size_t size = 0;

	while (record_buffer_take(&queue->buffer, NULL) < 0)
		;
	oldest = record_ring_oldest(&queue->buffer.ring, &size);
	if (oldest != NULL) {
		memcpy(block, oldest, size);
		record_ring_drop(&queue->buffer.ring);
		atomic_store(&queue->in_hand, true);
	}
	timed_lock_give(&queue->buffer.lock);
	return oldest != NULL;
}

static void hand_on_block(struct queue_handler *queue, const char *block, char *scratch)
{
	struct record_read read;
	struct text text;

	record_read(block, &read);
	text_init(&text, scratch, RECORD_STAGE_SIZE);
	hand_on(queue, queue->options.logging, &read.record, &text);
}

static void sleep_until_put(struct queue_handler *queue, unsigned seen)
{
	atomic_store(&queue->sleeping, true);
	sys_call(SYS_futex, (long)&queue->put, FUTEX_WAIT_PRIVATE, seen, 0, 0, 0);
	atomic_store(&queue->sleeping, false);
}

void queue_work(struct handler *handler, char *block, char *scratch)
{
	struct queue_handler *queue = queue_of(handler);

	for (;;) {
		unsigned seen = atomic_load(&queue->put);
		bool listened_to = is_listened_to(queue);

		if (take_out(queue, block))
			hand_on_block(queue, block, scratch);
		else if (listened_to)
			sleep_until_put(queue, seen);
		else
			return;
		atomic_store(&queue->in_hand, false);
	}
}

/* Waits for the record that the thread is handling, which is older than those in the queue. */
static void wait_for_hand(const struct queue_handler *queue)
{
	for (int waited = 0; atomic_load(&queue->in_hand) && waited < CLOSE_MS; waited++)
		sys_pause(1000);
}

/* Hands on the queued records, as the handlers are closed next. */
static void queue_close(struct handler *handler)
{
	struct queue_handler *queue = queue_of(handler);
	bool listened_to = is_listened_to(queue);
	const char *block;
	size_t size;

	queue_unlisten(handler);
	if (!listened_to || record_buffer_take(&queue->buffer, NULL) < 0)
		return;
	wait_for_hand(queue);
	while ((block = record_ring_oldest(&queue->buffer.ring, &size)) != NULL) {
		hand_on_block(queue, block, queue->buffer.stage);
		record_ring_drop(&queue->buffer.ring);
	}
	timed_lock_give(&queue->buffer.lock);
}

const char *const queue_policy_names[] = {
	[QUEUE_BLOCK] = "block",
	[QUEUE_DROP_NEW] = "drop-new",
	[QUEUE_DROP_OLD] = "drop-old",
	NULL,
};
_Static_assert(NAMES_COUNT(queue_policy_names) == QUEUE_POLICY_COUNT_ + 1, "a policy has no name");

static void queue_describe(const struct handler *handler, struct text *text)
{
	const struct queue_options *options = &queue_of(handler)->options;

	text_printf(text, "Queue capacity=%lld policy=%s", (long long)options->capacity,
		queue_policy_names[options->policy]);
}

static struct handler *queue_target(const struct handler *handler, size_t index)
{
	const struct handler_list *handlers = &queue_of(handler)->options.handlers;

	return index < handlers->count ? handlers->items[index] : NULL;
}

static const struct handler_class queue_class = {
	.name = "logging.handlers.QueueHandler",
	.emit = queue_emit,
	.target = queue_target,
	.describe = queue_describe,
	.close = queue_close,
};

int queue_handler_new(
	struct arena *arena, const struct queue_options *options, struct handler **ret_handler)
{
	struct queue_handler *queue = arena_alloc(arena, sizeof *queue);

	if (queue == NULL || record_buffer_init(&queue->buffer, arena, options->capacity) < 0)
		return -ENOMEM;
	queue->base.class = &queue_class;
	queue->options = *options;
	*ret_handler = &queue->base;
	return 0;
}
