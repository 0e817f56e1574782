/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/run_mark.h"

#include "core/base/clock.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

static bool is_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789._-");

	return length > 0 && length <= RUN_MARK_NAME_MOST && name[length] == '\0';
}

/* A mark, as its directory's descriptor and its file name: a whole path would take 4 KiB of the
 * program's stack. */
struct mark {
	int directory;
	char name[sizeof RUN_MARK_PREFIX + RUN_MARK_NAME_MOST];
};

/* Returns 0 and MARK, whose `directory` the caller closes; or -errno if DIRECTORY or NAME is not
 * usable. */
static int find(struct mark *mark, const char *directory, const char *name)
{
	if (directory[0] != '/' || !is_name(name))
		return -EINVAL;
	text_format(mark->name, sizeof mark->name, RUN_MARK_PREFIX "%s", name);
	mark->directory = sys_open(directory, O_PATH | O_DIRECTORY, 0);
	return mark->directory < 0 ? mark->directory : 0;
}

static int64_t ms_of(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

static int64_t now_ms(void)
{
	return instant_real_us() / 1000;
}

static struct timespec time_of(int64_t ms)
{
	return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
}

/* Sets the access time to MADE_AT, when the mark was made, and the modification time to RENEWED_AT;
 * both by our own clock, as a file server's may differ. NAME is NULL for the file FD itself. */
static int set_times(int fd, const char *name, int64_t made_at, int64_t renewed_at)
{
	struct timespec times[] = {time_of(made_at), time_of(renewed_at)};

	return (int)sys_call(SYS_utimensat, fd, (long)name, (long)times,
		name == NULL ? 0 : AT_SYMLINK_NOFOLLOW, 0, 0);
}

int run_mark_make(const char *directory, const char *name)
{
	int64_t now = now_ms();
	struct mark mark;
	int error = find(&mark, directory, name);

	if (error < 0)
		return error;
	/* Like open(2) with O_CREAT | O_EXCL, but without a descriptor. */
	error = (int)sys_call(
		SYS_mknodat, mark.directory, (long)mark.name, S_IFREG | 0644, 0, 0, 0);
	if (error == 0)
		set_times(mark.directory, mark.name, now, now);
	sys_close(mark.directory);
	return error == 0 ? 1 : error == -EEXIST ? 0 : error;
}

/* Whether the mark may be renewed. A mark from the future may, too: the clock was set back. */
static bool is_due(const struct stat *stat, int64_t least_ms, int64_t most_ms)
{
	int64_t renewed = ms_of(&stat->st_mtim), now = now_ms();
	int64_t wait = renewed - ms_of(&stat->st_atim);

	wait = wait < least_ms ? least_ms : wait > most_ms ? most_ms : wait;
	return renewed - now > least_ms || now - renewed >= wait;
}

/* Renews the mark that FD is open on, if it still is due: before this process got the lock, another
 * one may have renewed the mark. */
static int renew_open(int fd, int64_t least_ms, int64_t most_ms)
{
	struct stat stat;
	int error = sys_fstat(fd, &stat);

	if (error < 0)
		return error;
	if (!is_due(&stat, least_ms, most_ms))
		return 0;
	error = set_times(fd, NULL, ms_of(&stat.st_atim), now_ms());
	return error < 0 ? error : 1;
}

static int renew(const struct mark *mark, int64_t least_ms, int64_t most_ms)
{
	struct stat stat;
	int error = (int)sys_call(SYS_newfstatat, mark->directory, (long)mark->name, (long)&stat,
		AT_SYMLINK_NOFOLLOW, 0, 0);
	int fd;

	if (error < 0)
		return error;
	if (!S_ISREG(stat.st_mode) || !is_due(&stat, least_ms, most_ms))
		return 0;
	fd = (int)sys_call(SYS_openat, mark->directory, (long)mark->name,
		O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		return fd;
	error = (int)sys_call(SYS_flock, fd, LOCK_EX | LOCK_NB, 0, 0, 0, 0);
	if (error == -EWOULDBLOCK)
		error = 0;
	else /* if the file system has no locks, two processes may renew the mark */
		error = renew_open(fd, least_ms, most_ms);
	/* Unlocked explicitly, as a child that was forked meanwhile has the descriptor and would
	 * hold the lock. */
	sys_call(SYS_flock, fd, LOCK_UN, 0, 0, 0, 0);
	sys_close(fd);
	return error;
}

int run_mark_renew(const char *directory, const char *name, int64_t least_ms, int64_t most_ms)
{
	struct mark mark;
	int error = find(&mark, directory, name);

	if (error < 0)
		return error;
	error = renew(&mark, least_ms, most_ms);
	sys_close(mark.directory);
	return error;
}

int run_mark_remove(const char *directory, const char *name)
{
	struct mark mark;
	int error = find(&mark, directory, name);

	if (error < 0)
		return error;
	error = (int)sys_call(SYS_unlinkat, mark.directory, (long)mark.name, 0, 0, 0, 0);
	sys_close(mark.directory);
	return error;
}
