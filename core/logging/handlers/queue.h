/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - the listening side of a QueueHandler: what the thread of its listener does.
 *
 * HANDLER is one of queue_handler_new()'s. Signal-safe: no, but queue_dropped(). Threads: one
 * listens to a queue; any for the others.
 */
#pragma once

#include "core/logging/handler.h"

/* Whether HANDLER is a QueueHandler. */
bool queue_is(const struct handler *handler);

/* From now on records are queued, for a thread of this process. Returns 0, or -EALREADY: a thread
 * of this process listens already. */
int queue_listen(struct handler *handler);

/* From now on records are not queued any more, and the thread is to return from queue_work(). May
 * be called again. */
void queue_unlisten(struct handler *handler);

/*
 * For the thread: hand what is queued to the handlers, one record after the other, and sleep until
 * there is more, until queue_unlisten() has been called and nothing is queued. BLOCK and SCRATCH
 * have QUEUE_WORK_SIZE bytes each.
 */
void queue_work(struct handler *handler, char *block, char *scratch);

#define QUEUE_WORK_SIZE ((size_t)1024 * 1024)

/* How many records were dropped so far, as the queue was full. */
uint64_t queue_dropped(const struct handler *handler);
