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

/* All zero but for queue: one that was not started. Stays where it is while it runs. */
struct queue_listener {
	struct handler *queue; /* a QueueHandler */
	pid_t process;	       /* the one that started it; 0: none, or it was stopped */
	pthread_t thread;
	struct arena arena; /* what the thread works in: */
	char *block, *scratch;
};

/*
 * Start it. Returns 0; -EALREADY: this process listens to the queue already; -EINVAL: no
 * QueueHandler; -ENOMEM; or -errno of pthread_create().
 */
int queue_listener_start(struct queue_listener *listener);

/* Stop it; what is queued by now has been handed on when this returns. Does nothing where it does
 * not run. */
void queue_listener_stop(struct queue_listener *listener);
