/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handlers/rollover.h"

#include "core/base/patience.h"
#include "core/base/log_file.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* One byte where no log has any: the program's own locks on what it has written stay apart. */
#define LOCKED_BYTE INT64_C(0x7ffffffffffffffe)

/* Writable, as a lock that excludes others has to be. */
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

/* Does PATH still name the file open as FD? */
static bool still_named(const char *path, int fd)
{
	struct stat named;

	return sys_lstat(path, &named) == 0 && sys_fd_is(fd, named.st_dev, named.st_ino);
}

/* -EAGAIN: others hold the lock, or have just given the name to another file. */
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

int rollover_lock(const char *path, bool at_once, int *ret_lock)
{
	struct patience patience = {.subject = patience_subject("lock", path, strlen(path)),
		.most_ms = at_once ? 0 : ROLLOVER_WAIT_MS};
	int error;

	while ((error = try_lock(path, ret_lock)) == -EAGAIN && patience_left(&patience) > 0)
		sys_pause(1000);
	patience_end(&patience, error == 0);
	return error;
}

/* A child that was forked meanwhile has the same description, and would hold the lock. */
void rollover_unlock(int lock)
{
	if (lock < 0)
		return;
	set_lock(lock, F_UNLCK);
	sys_close(lock);
}

bool rollover_is_file(const char *path, struct stat *ret_stat)
{
	return sys_lstat(path, ret_stat) == 0 && S_ISREG(ret_stat->st_mode);
}

int rollover_rename(const char *from, const char *to)
{
	return (int)sys_call(SYS_renameat, AT_FDCWD, (long)from, AT_FDCWD, (long)to, 0, 0);
}
