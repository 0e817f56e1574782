/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/output.h"
#include "core/logging/level.h"

#include <errno.h>
#include <unistd.h>

struct stream_handler {
	struct handler base;
	atomic_int fd;
};

static int stream_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	const struct stream_handler *stream = (const struct stream_handler *)handler;
	int error = handler_format(handler, record, scratch);
	ssize_t written;

	if (error < 0)
		return error;
	written = output_write(stream->fd, scratch->data, scratch->length);
	if (written < 0)
		return (int)written;
	return (size_t)written == scratch->length ? 0 : -ENOSPC;
}

static void stream_describe(const struct handler *handler, struct text *text)
{
	const struct stream_handler *stream = (const struct stream_handler *)handler;

	text_printf(text, "Stream <%s>", stream->fd == STDOUT_FILENO ? "stdout" : "stderr");
}

static const struct handler_class stream_class = {
	.name = "logging.StreamHandler", .emit = stream_emit, .describe = stream_describe};

static const struct handler_class last_resort_class = {
	.name = "logging._StderrHandler", .emit = stream_emit, .describe = stream_describe};

static struct stream_handler last_resort = {
	.base = {.class = &last_resort_class, .level = LEVEL_WARNING},
	.fd = STDERR_FILENO,
};

struct handler *const handler_last_resort = &last_resort.base;

int stream_handler_new(struct arena *arena, int fd, struct handler **ret_handler)
{
	struct stream_handler *stream = arena_alloc(arena, sizeof *stream);

	if (stream == NULL)
		return -ENOMEM;
	stream->base.class = &stream_class;
	stream->fd = fd;
	*ret_handler = &stream->base;
	return 0;
}

int stream_handler_set(struct handler *handler, int fd)
{
	int before;

	if (handler->class != &stream_class)
		return -EINVAL;
	before = atomic_exchange(&((struct stream_handler *)handler)->fd, fd);
	return before == fd ? -1 : before;
}
