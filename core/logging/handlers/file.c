/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/log_file.h"

#include <errno.h>

struct file_handler {
	struct handler base;
	struct log_file log_file;
	bool anew;	   /* mode 'w' */
	atomic_bool ended; /* closed for good: records are ignored */
};

static int file_emit(struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct file_handler *file = (struct file_handler *)handler;
	int error;

	if (file->ended)
		return 0;
	error = handler_format(handler, record, scratch);
	return error < 0 ? error : log_file_write(&file->log_file, scratch->data, scratch->length);
}

static void file_describe(const struct handler *handler, struct text *text)
{
	const struct log_file *log_file = &((const struct file_handler *)handler)->log_file;
	bool watched = (log_file->flags & LOG_FILE_WATCH) != 0;

	text_printf(text, "%s '%s'", watched ? "WatchedFile" : "File", log_file->path);
}

/* As in Python, a file of mode 'w' is not opened again after close(). */
static void file_close(struct handler *handler)
{
	struct file_handler *file = (struct file_handler *)handler;

	log_file_close(&file->log_file);
	atomic_store(&file->ended, file->anew);
}

static const struct handler_class file_class = {
	.name = "logging.FileHandler",
	.emit = file_emit,
	.describe = file_describe,
	.close = file_close,
};

static const struct handler_class watched_class = {
	.name = "logging.handlers.WatchedFileHandler",
	.emit = file_emit,
	.describe = file_describe,
	.close = file_close,
};

int file_handler_new(
	struct arena *arena, const char *path, unsigned flags, struct handler **ret_handler)
{
	struct file_handler *file = arena_alloc(arena, sizeof *file);
	int error;

	if (file == NULL)
		return -ENOMEM;
	error = handler_path(arena, path, &path);
	if (error < 0)
		return error;
	file->base.class = (flags & LOG_FILE_WATCH) != 0 ? &watched_class : &file_class;
	file->anew = (flags & LOG_FILE_TRUNCATE) != 0;
	error = log_file_open(&file->log_file, path, 0640, flags);
	if (error < 0 && error != -ENXIO)
		return error;
	*ret_handler = &file->base;
	return 0;
}
