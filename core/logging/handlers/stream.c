/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/output.h"
#include "core/logging/level.h"

#include <errno.h>
#include <unistd.h>

static int stream_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	int error = handler_format(handler, record, scratch);
	ssize_t written;

	if (error < 0)
		return error;
	written = output_write(handler->stream, scratch->data, scratch->length);
	if (written < 0)
		return (int)written;
	return (size_t)written == scratch->length ? 0 : -ENOSPC;
}

static void stream_describe(const struct handler *handler, struct text *text)
{
	text_printf(text, "Stream <%s>", handler->stream == STDOUT_FILENO ? "stdout" : "stderr");
}

static const struct handler_class stream_class = {
	.name = "logging.StreamHandler", .emit = stream_emit, .describe = stream_describe};

static const struct handler_class last_resort_class = {
	.name = "logging._StderrHandler", .emit = stream_emit, .describe = stream_describe};

static struct handler last_resort = {
	.class = &last_resort_class, .level = LEVEL_WARNING, .stream = STDERR_FILENO};

static struct handler last_resort_harmless = {.class = &last_resort_class,
	.level = LEVEL_WARNING,
	.formatter = &formatter_harmless,
	.stream = STDERR_FILENO};

struct handler *const handler_last_resort = &last_resort;
struct handler *const handler_last_resort_harmless = &last_resort_harmless;

int stream_handler_new(struct arena *arena, int fd, struct handler **ret_handler)
{
	struct handler *handler = arena_alloc(arena, sizeof *handler);

	if (handler == NULL)
		return -ENOMEM;
	handler->class = &stream_class;
	handler->stream = fd;
	*ret_handler = handler;
	return 0;
}

int stream_handler_set(struct handler *handler, int fd)
{
	int before;

	if (handler->class != &stream_class)
		return -EINVAL;
	before = atomic_exchange(&handler->stream, fd);
	return before == fd ? -1 : before;
}

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
