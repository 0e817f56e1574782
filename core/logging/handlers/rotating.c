/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logging.handlers.RotatingFileHandler and TimedRotatingFileHandler, and the lock that keeps
 * processes and threads from rotating a file at once.
 *
 * It locks an open file description of the log file itself: such a lock also holds between threads,
 * vanishes when its holder dies, and leaves no file behind. The holder renames the locked file as
 * its last step; a process that gets the lock afterwards finds that the path names another file,
 * and locks that one. Once a process holds the lock, it checks again whether the file is to be
 * rotated: another process may have rotated it meanwhile.
 */
#include "core/logging/handler.h"

#include "core/base/log_file.h"
#include "core/base/wait_budget.h"
#include "core/base/sys.h"
#include "core/logging/handlers/schedule.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* How many milliseconds a record may wait for another process that rotates. */
#define ROLLOVER_WAIT_MS 200

/* Stands for a lock where the file system has none: the file is rotated without one, as in Python.
 */
#define ROLLOVER_UNLOCKED (-1)

/* The locked byte lies behind the end of any log, so that the program's own locks on its data do
 * not conflict. */
#define LOCKED_BYTE INT64_C(0x7ffffffffffffffe)

/* Whether PATH is a regular file, with its status in RET_STAT; no other kind of file is rotated. */
static bool rollover_is_file(const char *path, struct stat *ret_stat)
{
	return sys_lstat(path, ret_stat) == 0 && S_ISREG(ret_stat->st_mode);
}

/* Opens PATH for writing, which an exclusive lock requires. */
static int open_named(const char *path)
{
	struct stat stat;

	if (!rollover_is_file(path, &stat))
		return -ENOENT;
	return sys_move_above(
		sys_open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0),
		LOG_FILE_FD_LEAST);
}

static int set_lock(int fd, short type)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = LOCKED_BYTE, .l_len = 1};

	return sys_fcntl(fd, F_OFD_SETLK, (long)&lock);
}

/* Releases LOCK explicitly, as a child that was forked meanwhile shares the open file description,
 * and would hold the lock. */
static void rollover_unlock(int lock)
{
	if (lock < 0)
		return;
	set_lock(lock, F_UNLCK);
	sys_close(lock);
}

/* Whether PATH still names the file that FD is open on. */
static bool still_named(const char *path, int fd)
{
	struct stat named;

	return sys_lstat(path, &named) == 0 && sys_fd_is(fd, named.st_dev, named.st_ino);
}

/* Returns as rollover_lock(); -EAGAIN: another process holds the lock, or has just given the name
 * to another file. */
static int try_lock(const char *path, int *ret_lock)
{
	int fd = open_named(path), error;

	if (fd < 0)
		return fd;
	error = set_lock(fd, F_WRLCK);
	if (error == 0 && still_named(path, fd)) {
		*ret_lock = fd;
		return 0;
	}
	rollover_unlock(fd);
	if (error == 0 || error == -EAGAIN || error == -EACCES || error == -EINTR)
		return -EAGAIN;
	*ret_lock = ROLLOVER_UNLOCKED;
	return 0;
}

/*
 * Takes the lock of the file that PATH names; AT_ONCE: without waiting. Returns 0 and *RET_LOCK for
 * rollover_unlock(), a descriptor or ROLLOVER_UNLOCKED; or -errno (-EAGAIN: others held the lock
 * all the time; -ENOENT: PATH names no regular file).
 */
static int rollover_lock(const char *path, bool at_once, int *ret_lock)
{
	struct budgeted_wait wait = {.subject = wait_budget_subject("lock", path, strlen(path)),
		.most_ms = at_once ? 0 : ROLLOVER_WAIT_MS};
	int error;

	while ((error = try_lock(path, ret_lock)) == -EAGAIN && wait_budget_left(&wait) > 0)
		sys_pause(1000);
	wait_budget_end(&wait, error == 0);
	return error;
}

static int rollover_rename(const char *from, const char *to)
{
	return (int)sys_try(SYS_renameat, AT_FDCWD, (long)from, AT_FDCWD, (long)to, 0, 0);
}

/* Makes LOG_FILE append to PATH, in ARENA, for a handler that rotates it. Returns 0 or -errno. */
static int open_rotated(
	struct arena *arena, struct log_file *log_file, const char *path, unsigned flags)
{
	int error = handler_path(arena, path, &path);

	if (error == 0)
		error = log_file_open(log_file, path, 0640, flags | LOG_FILE_WATCH);
	return error == -ENXIO ? 0 : error;
}

struct rotating_handler {
	struct handler base;
	struct log_file log_file;
	int64_t max_bytes, backup_count;
};

/* Whether a record of LENGTH bytes would bring the file to its limit. An empty file is never
 * rotated, however long the record is. */
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

	if (text_format(to, sizeof to, "%s.%lld", path, (long long)index + 1) &&
		text_format(
			from, sizeof from, index == 0 ? "%s" : "%s.%lld", path, (long long)index))
		rollover_rename(from, to);
}

static void rotate_by_size(struct rotating_handler *file, size_t length, bool at_once)
{
	int lock;

	if (rollover_lock(file->log_file.path, at_once, &lock) < 0)
		return;
	/* Checked again with the lock held: another process may have rotated meanwhile. */
	if (is_full(file, length)) {
		for (int64_t i = file->backup_count - 1; i >= 0; i--)
			move_up(file->log_file.path, i);
		file->log_file.torn = false;
	}
	rollover_unlock(lock);
}

/* A file that cannot be rotated grows, so that no record is lost. */
static int rotating_emit(
	struct handler *handler, const struct log_record *record, struct text *scratch)
{
	struct rotating_handler *file = (struct rotating_handler *)handler;
	int error = handler_format(handler, record, scratch);

	if (error < 0)
		return error;
	if (is_full(file, scratch->length))
		rotate_by_size(file, scratch->length, record->crashing);
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
	file->base.class = &rotating_class;
	file->max_bytes = max_bytes;
	file->backup_count = backup_count;
	/* As in Python, mode 'w' does not empty a file that can be rotated. */
	if (max_bytes > 0)
		flags &= ~(unsigned)LOG_FILE_TRUNCATE;
	error = open_rotated(arena, &file->log_file, path, flags);
	if (error == 0)
		*ret_handler = &file->base;
	return error;
}

/* How many old files one record removes at most, as other processes may add files meanwhile. */
#define REMOVED_MOST 1000

struct timed_handler {
	struct handler base;
	struct log_file log_file;
	struct schedule schedule;
	int64_t backup_count;
	_Atomic int64_t ends; /* when the file is to be rotated */
	_Atomic ino_t inode;  /* of the file when `ends` was computed; 0: no file existed */
};

/* struct linux_dirent64 of getdents64(2). */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static void reckon(struct timed_handler *file, int64_t from)
{
	struct stat stat;

	file->inode = rollover_is_file(file->log_file.path, &stat) ? stat.st_ino : 0;
	file->ends = schedule_next(&file->schedule, from);
}

/* Whether NAME, in the directory of the file called BASE, is one of its backups. */
static bool is_backup(const struct schedule *schedule, const char *base, const char *name)
{
	size_t length = strlen(base);

	return strncmp(name, base, length) == 0 && name[length] == '.' &&
	       schedule_made(schedule, name + length + 1);
}

/* Counts the backups in the open DIRECTORY, and copies the name of the oldest one to OLDEST. */
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

/* Removes all backups but the newest backup_count; their names sort as their times do. */
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

/* Whether another process, perhaps with another schedule, has begun a new file since `ends` was
 * computed. */
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
	/* As in Python, an existing file of that name means "Already rolled over". */
	if (!text.truncated && sys_lstat(name, &stat) < 0 &&
		rollover_is_file(file->log_file.path, &stat) && !was_rotated(file, &stat)) {
		if (rollover_rename(file->log_file.path, name) == 0)
			file->log_file.torn = false;
		remove_old(file);
	}
	reckon(file, now);
}

static void rotate_by_time(struct timed_handler *file, int64_t now, bool at_once)
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
	int64_t now = instant_real_us() / 1000000;

	if (error < 0)
		return error;
	if (now >= file->ends)
		rotate_by_time(file, now, record->crashing);
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
	int64_t begun = instant_real_us() / 1000000;
	struct stat stat;
	int result;

	if (file == NULL)
		return -ENOMEM;
	if (sys_lstat(path, &stat) == 0)
		begun = stat.st_mtime;
	result = schedule_init(&file->schedule, options, error);
	if (result < 0)
		return result;
	file->base.class = &timed_class;
	file->backup_count = backup_count;
	result = open_rotated(arena, &file->log_file, path, flags & ~(unsigned)LOG_FILE_TRUNCATE);
	if (result < 0)
		return result;
	reckon(file, begun);
	*ret_handler = &file->base;
	return 0;
}
