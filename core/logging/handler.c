/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/sink.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

int handler_path(struct arena *arena, const char *path, const char **ret_path)
{
	char absolute[PATH_MAX];
	int error = sink_absolute(path, absolute, sizeof absolute);

	if (error < 0)
		return error;
	path = arena_strdup(arena, absolute);
	if (path == NULL)
		return -ENOMEM;
	*ret_path = path;
	return 0;
}

int handler_format(
	const struct handler *handler, const struct log_record *record, struct text *scratch)
{
	const struct formatter *formatter = handler->formatter;
	const char *terminator = handler->terminator == NULL ? "\n" : handler->terminator;
	size_t reserved = strlen(terminator);
	int error;

	if (scratch->size < reserved + 1)
		return -ENOBUFS;
	text_reset(scratch, 0);
	scratch->size -= reserved;
	error = formatter_format(
		formatter == NULL ? &formatter_default : formatter, record, scratch);
	scratch->size += reserved;
	if (error == 0)
		text_add(scratch, terminator);
	return error;
}

struct handler *handler_target(const struct handler *handler, size_t index)
{
	return handler->class->target == NULL ? NULL : handler->class->target(handler, index);
}

int handler_handle(struct handler *handler, const struct log_record *record, struct text *scratch)
{
	if (!filters_pass(&handler->filters, record))
		return 0;
	return handler->class->emit(handler, record, scratch);
}
