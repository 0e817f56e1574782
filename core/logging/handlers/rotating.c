/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/log_file.h"
#include "core/logging/handlers/rollover.h"

#include <errno.h>
#include <limits.h>

struct rotating_handler {
	struct handler base;
	struct log_file log_file;
	int64_t max_bytes, backup_count;
};

/* Would a record of LENGTH bytes bring the file to its limit? An empty file is never rotated,
 * however long the record is. */
static bool is_full(const struct rotating_handler *file, size_t length)
{
	struct stat stat;

	return file->max_bytes > 0 && file->backup_count > 0 &&
	       rollover_is_file(file->log_file.path, &stat) && stat.st_size > 0 &&
	       stat.st_size + (int64_t)length >= file->max_bytes;
}

static void move_up(const char *path, int64_t index)
{
	char from[PATH_MAX], to[PATH_MAX];
	bool fits = text_format(to, sizeof to, "%s.%lld", path, (long long)index + 1);

	if (index == 0)
		fits &= text_format(from, sizeof from, "%s", path);
	else
		fits &= text_format(from, sizeof from, "%s.%lld", path, (long long)index);
	if (fits)
		rollover_rename(from, to);
}

static void rotate(struct rotating_handler *file, size_t length, bool at_once)
{
	int lock;

	if (rollover_lock(file->log_file.path, at_once, &lock) < 0)
		return;
	/* Again, now that nobody else can rotate: another one may have done it meanwhile. */
	if (is_full(file, length)) {
		for (int64_t i = file->backup_count - 1; i >= 0; i--)
			move_up(file->log_file.path, i);
		file->log_file.torn = false;
	}
	rollover_unlock(lock);
}

/* A file that cannot be rotated grows: the record is worth more. */
static int rotating_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct rotating_handler *file = (struct rotating_handler *)handler;
	int error = handler_format(handler, record, scratch);

	if (error < 0)
		return error;
	if (is_full(file, scratch->length))
		rotate(file, scratch->length, record->crashing);
	return log_file_write(&file->log_file, scratch->data, scratch->length);
}

static void rotating_describe(const struct handler *handler, struct text *text)
{
	const struct rotating_handler *file = (const struct rotating_handler *)handler;

	text_printf(text, "RotatingFile '%s' maxBytes=%lld backupCount=%lld", file->log_file.path,
		(long long)file->max_bytes, (long long)file->backup_count);
}

static void rotating_close(struct handler *handler)
{
	log_file_close(&((struct rotating_handler *)handler)->log_file);
}

static const struct handler_class rotating_class = {
	.name = "logging.handlers.RotatingFileHandler",
	.emit = rotating_emit,
	.describe = rotating_describe,
	.close = rotating_close,
};

int rotating_file_handler_new(struct arena *arena, const char *path, unsigned flags,
	int64_t max_bytes, int64_t backup_count, struct handler **ret_handler)
{
	struct rotating_handler *file = arena_alloc(arena, sizeof *file);
	int error;

	if (file == NULL)
		return -ENOMEM;
	error = handler_path(arena, path, &path);
	if (error < 0)
		return error;
	file->base.class = &rotating_class;
	file->max_bytes = max_bytes;
	file->backup_count = backup_count;
	/* Python: what earlier runs wrote is kept where it can be rotated. */
	if (max_bytes > 0)
		flags &= ~(unsigned)LOG_FILE_TRUNCATE;
	error = log_file_open(&file->log_file, path, 0640, flags | LOG_FILE_WATCH);
	if (error < 0 && error != -ENXIO)
		return error;
	*ret_handler = &file->base;
	return 0;
}
