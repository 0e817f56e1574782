/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/shutdown.h"

#include "core/logging/list.h"

#include <errno.h>

int logging_track(struct logging *logging, struct handler *handler)
{
	struct handler_list *made = arena_alloc(logging->arena, sizeof *made);

	if (made == NULL)
		return -ENOMEM;
	*made = *atomic_load(&logging->made);
	if (list_add(logging->arena, (const void ***)&made->items, &made->count, handler) < 0)
		return -ENOMEM;
	atomic_store(&logging->made, made);
	return 0;
}

void logging_flush(
	const struct logging *logging, const struct log_record *record, struct text *scratch)
{
	const struct handler_list *made = atomic_load(&logging->made);

	for (size_t i = made->count; i-- > 0;) {
		struct handler *handler = made->items[i];

		if (handler->class->flush != NULL && !handler->unflushed_at_close)
			handler->class->flush(handler, record, scratch);
	}
}

void handlers_close(const struct handler_list *handlers)
{
	for (size_t i = handlers->count; i-- > 0;) {
		struct handler *handler = handlers->items[i];

		if (handler->class->close != NULL)
			handler->class->close(handler);
	}
}

void logging_shutdown(struct logging *logging)
{
	handlers_close(atomic_load(&logging->made));
}
