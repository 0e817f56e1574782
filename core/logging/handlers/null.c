/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include <errno.h>

static int null_emit(struct handler *handler, const struct log_record *record, struct text *scratch)
{
	(void)handler;
	(void)record;
	(void)scratch;
	return 0;
}

static void null_describe(const struct handler *handler, struct text *text)
{
	(void)handler;
	text_add(text, "Null");
}

static const struct handler_class null_class = {
	.name = "logging.NullHandler", .emit = null_emit, .describe = null_describe};

int null_handler_new(struct arena *arena, struct handler **ret_handler)
{
	struct handler *handler = arena_alloc(arena, sizeof *handler);

	if (handler == NULL)
		return -ENOMEM;
	handler->class = &null_class;
	*ret_handler = handler;
	return 0;
}
