/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/log_file.h"
#include "core/base/sys.h"
#include "core/logging/handlers/rollover.h"
#include "core/logging/handlers/schedule.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* A directory that others fill is not cleared up without end within one record. */
#define REMOVED_MOST 1000

struct timed_handler {
	struct handler base;
	struct log_file log_file;
	struct schedule schedule;
	int64_t backup_count;
	_Atomic int64_t ends; /* when the file is rotated */
	_Atomic ino_t inode;  /* what the file was when that was reckoned; 0: it was not there */
};

/* As getdents64(2) gives them. */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static int64_t now_seconds(void)
{
	return instant_real_us() / 1000000;
}

static void reckon(struct timed_handler *file, int64_t from)
{
	struct stat stat;

	file->inode = rollover_is_file(file->log_file.path, &stat) ? stat.st_ino : 0;
	file->ends = schedule_next(&file->schedule, from);
}

/* Is NAME, in the directory of the file called BASE, one that it had before? */
static bool is_backup(const struct schedule *schedule, const char *base, const char *name)
{
	size_t length = strlen(base);

	return strncmp(name, base, length) == 0 && name[length] == '.' &&
	       schedule_made(schedule, name + length + 1);
}

/* Counts the backups in the open DIRECTORY; the oldest one's name is put in OLDEST. */
static int64_t count_backups(const struct timed_handler *file, int directory, char oldest[256])
{
	const char *base = strrchr(file->log_file.path, '/') + 1;
	char entries[4096] __attribute__((aligned(8)));
	int64_t count = 0;
	long length;

	while ((length = sys_call(
			SYS_getdents64, directory, (long)entries, sizeof entries, 0, 0, 0)) > 0)
		for (long at = 0; at < length;) {
			const struct directory_entry *entry = (const void *)(entries + at);

			at += entry->length;
			if (!is_backup(&file->schedule, base, entry->name))
				continue;
			if (count++ == 0 || strcmp(entry->name, oldest) < 0)
				text_format(oldest, 256, "%s", entry->name);
		}
	return count;
}

/* All backups but the newest backup_count; their names sort as their times do. */
static void remove_old(const struct timed_handler *file)
{
	const char *slash = strrchr(file->log_file.path, '/');
	char directory[PATH_MAX], oldest[256];

	if (file->backup_count <= 0 ||
		!text_format(directory, sizeof directory, "%.*s",
			(int)(slash - file->log_file.path) + 1, file->log_file.path))
		return;
	for (int i = 0; i < REMOVED_MOST; i++) {
		int fd = sys_open(directory, O_RDONLY | O_DIRECTORY, 0);
		int64_t count = fd < 0 ? 0 : count_backups(file, fd, oldest);
		bool removed = count > file->backup_count &&
			       sys_call(SYS_unlinkat, fd, (long)oldest, 0, 0, 0, 0) == 0;

		if (fd >= 0)
			sys_close(fd);
		if (!removed)
			return;
	}
}

/* Has another process begun a new file since we reckoned? Its clock may go by another start. */
static bool was_rotated(struct timed_handler *file, const struct stat *stat)
{
	return file->inode != 0 && file->inode != stat->st_ino;
}

static void rotate_locked(struct timed_handler *file, int64_t now)
{
	char name[PATH_MAX];
	struct text text;
	struct stat stat;

	if (now < file->ends) /* another thread was first */
		return;
	text_init(&text, name, sizeof name);
	text_printf(&text, "%s.", file->log_file.path);
	schedule_suffix(&file->schedule, file->ends, now, &text);
	/* As Python says it: a file of that name means "Already rolled over". */
	if (!text.truncated && sys_lstat(name, &stat) < 0 &&
		rollover_is_file(file->log_file.path, &stat) && !was_rotated(file, &stat)) {
		if (rollover_rename(file->log_file.path, name) == 0)
			file->log_file.torn = false;
		remove_old(file);
	}
	reckon(file, now);
}

static void rotate(struct timed_handler *file, int64_t now, bool at_once)
{
	int lock, error = rollover_lock(file->log_file.path, at_once, &lock);

	if (error == -ENOENT)
		reckon(file, now);
	if (error < 0)
		return;
	rotate_locked(file, now);
	rollover_unlock(lock);
}

static int timed_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct timed_handler *file = (struct timed_handler *)handler;
	int error = handler_format(handler, record, scratch);
	int64_t now = now_seconds();

	if (error < 0)
		return error;
	if (now >= file->ends)
		rotate(file, now, record->crashing);
	return log_file_write(&file->log_file, scratch->data, scratch->length);
}

static void timed_describe(const struct handler *handler, struct text *text)
{
	const struct timed_handler *file = (const struct timed_handler *)handler;

	text_printf(text, "TimedRotatingFile '%s' interval=%lld backupCount=%lld",
		file->log_file.path, (long long)file->schedule.interval,
		(long long)file->backup_count);
}

static void timed_close(struct handler *handler)
{
	log_file_close(&((struct timed_handler *)handler)->log_file);
}

static const struct handler_class timed_class = {
	.name = "logging.handlers.TimedRotatingFileHandler",
	.emit = timed_emit,
	.describe = timed_describe,
	.close = timed_close,
};

int timed_rotating_file_handler_new(struct arena *arena, const char *path, unsigned flags,
	const struct schedule_options *options, int64_t backup_count, struct text *error,
	struct handler **ret_handler)
{
	struct timed_handler *file = arena_alloc(arena, sizeof *file);
	int64_t begun = now_seconds();
	struct stat stat;
	int result;

	if (file == NULL)
		return -ENOMEM;
	result = handler_path(arena, path, &path);
	if (result < 0)
		return result;
	if (sys_lstat(path, &stat) == 0)
		begun = stat.st_mtime;
	result = schedule_init(&file->schedule, options, error);
	if (result < 0)
		return result;
	file->base.class = &timed_class;
	file->backup_count = backup_count;
	result = log_file_open(&file->log_file, path, 0640,
		(flags & ~(unsigned)LOG_FILE_TRUNCATE) | LOG_FILE_WATCH);
	if (result < 0 && result != -ENXIO)
		return result;
	reckon(file, begun);
	*ret_handler = &file->base;
	return 0;
}
