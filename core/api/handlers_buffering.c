/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of the public API that hand records on to others: MemoryHandler and QueueHandler. */
#include "core/api/api.h"
#include "core/api/queue_listener.h"

#include "core/logging/list.h"

#include <errno.h>
#include <string.h>

#define LISTENERS_MOST 16
#define HANDLERS_DEEP 16

/* The listeners that were started; changed under api_lock(). */
static struct queue_listener listeners[LISTENERS_MOST];

/* Whether HANDLER is of CLASS. The name alone is not enough: a handler of the program's own may
 * have any. */
static bool is_of_class(const struct handler *handler, const char *class)
{
	return handler != NULL && handler->class->target != NULL &&
	       strcmp(handler->class->name, class) == 0;
}

/* Whether a record for FROM reaches WANTED. Handlers nested deeper than HANDLERS_DEEP count as a
 * circle. */
static bool leads_to(const struct handler *from, const struct handler *wanted, unsigned depth)
{
	const struct handler *target;

	if (from == wanted || depth == HANDLERS_DEEP)
		return true;
	for (size_t i = 0; (target = handler_target(from, i)) != NULL; i++)
		if (leads_to(target, wanted, depth + 1))
			return true;
	return false;
}

int vigil_memory_handler_new(int64_t capacity, int flush_level, struct vigil_handler *target,
	bool flush_on_close, struct vigil_handler **ret_handler)
{
	struct memory_options options = {.capacity = capacity,
		.flush_level = flush_level,
		.no_flush_on_close = !flush_on_close,
		.logging = api_hierarchy()};
	struct handler *handler = NULL;
	int error;

	if (options.logging == NULL || ret_handler == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	error = memory_handler_new(api_arena(), &options, api_handler(target), &handler);
	return api_made(error, &handler, ret_handler);
}

int vigil_memory_handler_set_target(struct vigil_handler *handler, struct vigil_handler *target)
{
	if (!is_of_class(api_handler(handler), "logging.handlers.MemoryHandler"))
		return api_fail(-EINVAL, "not a MemoryHandler");
	if (target != NULL && leads_to(api_handler(target), api_handler(handler), 0))
		return api_fail(-EINVAL, "the target leads back to its own handler");
	memory_handler_set_target(api_handler(handler), api_handler(target));
	return 0;
}

_Static_assert((int)VIGIL_QUEUE_BLOCK == (int)QUEUE_BLOCK &&
		       (int)VIGIL_QUEUE_DROP_NEW == (int)QUEUE_DROP_NEW &&
		       (int)VIGIL_QUEUE_DROP_OLD == (int)QUEUE_DROP_OLD,
	"a policy has two numbers");

int vigil_queue_handler_new(int64_t capacity, enum vigil_queue_policy policy,
	struct vigil_handler *const *handlers, bool respect_handler_level,
	struct vigil_handler **ret_handler)
{
	struct queue_options options = {.capacity = capacity,
		.respect_handler_level = respect_handler_level,
		.logging = api_hierarchy()};
	struct handler_list *list = &options.handlers;
	struct handler *handler = NULL;
	int error = 0;

	if (options.logging == NULL || handlers == NULL || capacity < 1 ||
		(unsigned)policy >= QUEUE_POLICY_COUNT_)
		return api_fail(-EINVAL, NULL);
	options.policy = (enum queue_policy)policy;
	api_lock();
	for (size_t i = 0; handlers[i] != NULL && error == 0; i++)
		error = LIST_ADD(api_arena(), list, handlers[i]);
	if (error == 0)
		error = queue_handler_new(api_arena(), &options, &handler);
	return api_made(error, &handler, ret_handler);
}

/* The listener of QUEUE. Where QUEUE has none, a free one if OR_FREE; else, or if none is free,
 * NULL. */
static struct queue_listener *listener_of(const struct handler *queue, bool or_free)
{
	struct queue_listener *free = NULL;

	for (size_t i = 0; i < LISTENERS_MOST; i++) {
		if (listeners[i].queue == queue)
			return &listeners[i];
		if (listeners[i].queue == NULL && free == NULL)
			free = &listeners[i];
	}
	return or_free ? free : NULL;
}

static int start(struct handler *queue)
{
	struct queue_listener *listener = listener_of(queue, true);
	int error;

	if (listener == NULL)
		return -ENOSPC;
	if (listener->queue != NULL)
		return -EALREADY;
	listener->queue = queue;
	error = queue_listener_start(listener);
	if (error < 0)
		listener->queue = NULL;
	return error;
}

int vigil_queue_listener_start(struct vigil_handler *handler)
{
	int error;

	if (!is_of_class(api_handler(handler), "logging.handlers.QueueHandler"))
		return api_fail(-EINVAL, "not a QueueHandler");
	api_lock();
	error = start(api_handler(handler));
	api_unlock();
	if (error == -EALREADY)
		return api_fail(error, "Listener already started");
	return error < 0 ? api_fail(error, NULL) : 0;
}

static void stop(struct queue_listener *listener)
{
	queue_listener_stop(listener);
	api_lock();
	listener->queue = NULL;
	api_unlock();
}

int vigil_queue_listener_stop(struct vigil_handler *handler)
{
	struct queue_listener *listener;

	if (!is_of_class(api_handler(handler), "logging.handlers.QueueHandler"))
		return api_fail(-EINVAL, "not a QueueHandler");
	api_lock();
	listener = listener_of(api_handler(handler), false);
	api_unlock();
	/* The lock is not held here, because the listener's handlers may need it to finish. */
	if (listener != NULL)
		stop(listener);
	return 0;
}

void api_stop_listeners(void)
{
	for (size_t i = 0; i < LISTENERS_MOST; i++)
		if (listeners[i].queue != NULL)
			stop(&listeners[i]);
}
