/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handlers/rollover.h"

#include "core/base/deadline.h"
#include "core/base/sink.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

static int open_lock(const char *path)
{
	char name[PATH_MAX];
	int fd, high;

	if (!text_format(name, sizeof name, "%s.lock", path))
		return -ENAMETOOLONG;
	fd = sys_open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0640);
	if (fd < 0)
		return fd;
	high = sys_dup_above(fd, SINK_FD_LEAST);
	if (high < 0)
		return fd;
	sys_close(fd);
	return high;
}

static void wait_a_moment(void)
{
	struct timespec moment = {.tv_nsec = 1000000};

	sys_call(SYS_nanosleep, (long)&moment, 0, 0, 0, 0, 0);
}

int rollover_lock(const char *path, bool at_once)
{
	struct deadline deadline = deadline_in(at_once ? 0 : ROLLOVER_WAIT_MS);
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open_lock(path), error;

	if (fd < 0)
		return fd;
	for (;;) {
		error = sys_fcntl(fd, F_OFD_SETLK, (long)&whole);
		if (error == 0)
			return fd;
		if (error != -EAGAIN && error != -EACCES && error != -EINTR)
			break;
		if (deadline_is_over(&deadline))
			break;
		wait_a_moment();
	}
	sys_close(fd);
	return error;
}

void rollover_unlock(int lock)
{
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
