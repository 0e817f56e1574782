/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/queue_listener.h"

#include "core/logging/handlers/queue.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static void *listen_to(void *argument)
{
	struct queue_listener *listener = argument;

	queue_work(listener->queue, listener->block, listener->scratch);
	return NULL;
}

/* Create the thread with all signals blocked: the program's signals go to its own threads. */
static int create(struct queue_listener *listener)
{
	sigset_t all, before;
	int error;

	listener->block = arena_alloc(&listener->arena, QUEUE_WORK_SIZE);
	listener->scratch = arena_alloc(&listener->arena, QUEUE_WORK_SIZE);
	if (listener->block == NULL || listener->scratch == NULL)
		return -ENOMEM;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&listener->thread, NULL, listen_to, listener);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

int queue_listener_start(struct queue_listener *listener)
{
	int error = queue_is(listener->queue) ? queue_listen(listener->queue) : -EINVAL;

	if (error < 0)
		return error;
	error = create(listener);
	if (error < 0) {
		queue_unlisten(listener->queue);
		arena_release(&listener->arena);
		return error;
	}
	listener->process = getpid();
	return 0;
}

void queue_listener_stop(struct queue_listener *listener)
{
	if (listener->process == getpid()) {
		queue_unlisten(listener->queue);
		pthread_join(listener->thread, NULL);
		arena_release(&listener->arena);
	}
	listener->process = 0;
}
