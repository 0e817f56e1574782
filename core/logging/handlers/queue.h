/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - the work of a QueueListener's thread.
 *
 * HANDLER is one of queue_handler_new()'s. Signal-safe: no. Threads: one
 * listens to a queue; any for the others.
 */
#pragma once

#include "core/logging/handler.h"

/* Whether HANDLER is a QueueHandler. */
bool queue_is(const struct handler *handler);

/* Queue records from now on, for a thread of this process. Returns 0, or -EALREADY: a thread of
 * this process listens already. */
int queue_listen(struct handler *handler);

/* Queue no more records from now on, and make queue_work() return. May be called again. */
void queue_unlisten(struct handler *handler);

/*
 * For the listener's thread: hand queued records to the handlers, one after the other, and sleep
 * while there are none. Returns once queue_unlisten() has been called and the queue is empty. BLOCK
 * and SCRATCH have QUEUE_WORK_SIZE bytes each.
 */
void queue_work(struct handler *handler, char *block, char *scratch);

#define QUEUE_WORK_SIZE ((size_t)1024 * 1024)
