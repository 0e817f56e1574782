/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_listener.h - the thread behind a QueueHandler: Python's logging.handlers.QueueListener.
 *
 * It takes the records out of the queue and hands them to the handlers that the QueueHandler was
 * made with. No signal of the program's is handled in it, and a forked child does not have it:
 * there, records go to the handlers directly, until the child starts a listener of its own.
 * Signal-safe: no. Threads: one at a time per listener.
 */
#pragma once

#include "core/logging/handler.h"

#include <pthread.h>

/* Zero but for queue before the start. Must not be moved while it runs. */
struct queue_listener {
	struct handler *queue; /* a QueueHandler */
	pid_t process;	       /* the process that started it; 0: not running */
	pthread_t thread;
	struct arena arena; /* memory for the thread's work: */
	char *block, *scratch;
};

/* Start LISTENER. Returns 0; -EALREADY: the queue has a listener in this process; -EINVAL: no
 * QueueHandler; -ENOMEM; or -errno of pthread_create(). */
int queue_listener_start(struct queue_listener *listener);

/* Stop LISTENER, after it has handed on what is queued. Does nothing where it does not run. */
void queue_listener_stop(struct queue_listener *listener);
