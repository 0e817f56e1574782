/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/sink.h"

#include "core/base/clock.h"
#include "core/base/output.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <errno.h>
#include <limits.h>
#include <time.h>
#include <string.h>

/* What a descriptor was when it was opened. */
struct opened {
	int fd;
	mode_t type;
	dev_t device;
	ino_t inode;
};

static bool all_may_write_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];
	struct stat stat;

	if (slash == NULL)
		return true;
	if (!text_format(directory, sizeof directory, "%.*s", (int)(slash - path) + 1, path))
		return true;
	if (sys_stat(directory, &stat) < 0)
		return true;
	return (stat.st_mode & S_IWOTH) != 0;
}

/* Is the file at PATH one to write to? In /tmp anybody could have put it there, as a link to
 * something that matters to us. */
static int judge(const struct sink *sink, const struct stat *stat)
{
	uid_t user = (uid_t)sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);

	if (S_ISDIR(stat->st_mode))
		return -EISDIR;
	if (!S_ISREG(stat->st_mode))
		return (sink->flags & SINK_REGULAR) != 0 ? -EINVAL : 0;
	if ((sink->flags & SINK_PLAIN) == 0 && (stat->st_uid != user || stat->st_nlink > 1) &&
		all_may_write_beside(sink->path))
		return -EPERM;
	return 0;
}

static int open_file(const struct sink *sink, int more_flags, struct opened *ret)
{
	/* O_NONBLOCK: a FIFO without a reader gives ENXIO and a full one EAGAIN; it means nothing
	 * to a regular file. */
	bool plain = (sink->flags & SINK_PLAIN) != 0;
	int fd = sys_open(sink->path,
		O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | (plain ? 0 : O_NOFOLLOW),
		plain ? 0666 : sink->mode);
	struct stat stat;
	int error;

	if (fd < 0)
		return fd;
	error = sys_fstat(fd, &stat);
	if (error == 0)
		error = judge(sink, &stat);
	/* Only now: O_TRUNC would have emptied the file before we knew that it is ours. */
	if (error == 0 && more_flags == O_TRUNC && S_ISREG(stat.st_mode))
		error = (int)sys_call(SYS_ftruncate, fd, 0, 0, 0, 0, 0);
	if (error < 0) {
		sys_close(fd);
		return error;
	}
	*ret = (struct opened){
		.fd = fd,
		.type = stat.st_mode,
		.device = stat.st_dev,
		.inode = stat.st_ino,
	};
	return 0;
}

/* Is the kept number still a descriptor of ours? */
static bool is_ours(const struct sink *sink)
{
	struct stat stat;

	return sink->fd >= 0 && sys_fstat(sink->fd, &stat) == 0 && stat.st_dev == sink->device &&
	       stat.st_ino == sink->inode;
}

/* Closes the kept descriptor of SINK, if it still is ours. */
static void drop_stale(struct sink *sink)
{
	if (is_ours(sink))
		sys_close(sink->fd);
	sink->fd = -1;
}

/* Gives the file at FD a number out of the program's way: the one that SINK keeps where that still
 * is ours, in one step, as another thread may be about to write to it. */
static int put_away(const struct sink *sink, int fd)
{
	int number;

	if (!is_ours(sink))
		return sys_dup_above(fd, SINK_FD_LEAST);
	number = (int)sys_call(SYS_dup3, fd, sink->fd, O_CLOEXEC, 0, 0, 0);
	return number >= 0 && number != sink->fd ? -EPERM : number; /* it was not made */
}

/* Keeps OPENED in SINK, out of the program's way; false, and OPENED as it was, when it cannot be
 * kept. */
static bool keep(struct sink *sink, struct opened *opened)
{
	unsigned version = atomic_load(&sink->version);
	int high;

	if (version % 2 != 0 ||
		!atomic_compare_exchange_strong(&sink->version, &version, version + 1))
		return false;
	high = put_away(sink, opened->fd);
	if (high >= 0) {
		sys_close(opened->fd);
		opened->fd = high;
	} else {
		drop_stale(sink); /* a limit that came since: no number that high any more */
	}
	sink->fd = high >= 0 ? high : -1;
	sink->device = opened->device;
	sink->inode = opened->inode;
	atomic_store(&sink->version, version + 2);
	return high >= 0;
}

int sink_open(struct sink *sink, const char *path, mode_t mode, unsigned flags)
{
	struct opened opened;
	int error;

	memset(sink, 0, sizeof *sink);
	sink->path = path;
	sink->mode = mode;
	sink->flags = flags;
	sink->fd = -1;
	if ((flags & SINK_DELAY) != 0)
		return 0;
	error = open_file(sink, (flags & SINK_TRUNCATE) != 0 ? O_TRUNC : 0, &opened);
	sink->flags &= ~(unsigned)SINK_TRUNCATE;
	if (error == 0 && !keep(sink, &opened))
		sys_close(opened.fd);
	return error;
}

/* Does the path still name the file that OPENED is? */
static bool still_named(const struct sink *sink, const struct opened *opened)
{
	struct stat stat;

	int error = (sink->flags & SINK_PLAIN) != 0 ? sys_stat(sink->path, &stat)
						    : sys_lstat(sink->path, &stat);

	return error == 0 && stat.st_dev == opened->device &&
	       stat.st_ino == opened->inode;
}

/* The kept descriptor as it stands; false when there is none, when it changes just now, or when it
 * is no longer ours. */
static bool kept(struct sink *sink, struct opened *ret)
{
	unsigned version = atomic_load(&sink->version);
	struct opened opened = {
		.fd = sink->fd,
		.device = sink->device,
		.inode = sink->inode,
	};
	struct stat stat;

	if (version % 2 != 0 || atomic_load(&sink->version) != version || opened.fd < 0)
		return false;
	if (sys_fstat(opened.fd, &stat) < 0)
		return false;
	/* Without a name left, what we write would vanish with the last descriptor. */
	if (stat.st_dev != opened.device || stat.st_ino != opened.inode || stat.st_nlink == 0)
		return false;
	if ((sink->flags & SINK_WATCH) != 0 && !still_named(sink, &opened))
		return false;
	opened.type = stat.st_mode;
	*ret = opened;
	return true;
}

/* The coarse clock, which moves a few hundred times a second and costs no system call. */
static int64_t coarse_now(void)
{
	struct timespec now;

	clock_read(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

/* May a record go to the kept descriptor without a question? It was asked in this very moment. */
static bool in_burst(const struct sink *sink)
{
	return (sink->flags & (SINK_BURST | SINK_WATCH)) == SINK_BURST && !sink->torn &&
	       sink->fd >= 0 && sink->asked == coarse_now();
}

static void begin_burst(struct sink *sink, const struct opened *opened)
{
	if ((sink->flags & SINK_BURST) != 0)
		sink->asked = S_ISREG(opened->type) && output_is_unlimited() ? coarse_now() : 0;
}

static int reopen(struct sink *sink, struct opened *ret, bool *ret_once)
{
	int truncate = (sink->flags & SINK_TRUNCATE) != 0 ? O_TRUNC : 0;
	int error;

	error = open_file(sink, truncate, ret);
	if (error < 0)
		return error;
	sink->flags &= ~(unsigned)SINK_TRUNCATE;
	*ret_once = !keep(sink, ret);
	return 0;
}

/* A newline, then the record: in one write all the same, from a copy on the stack where it fits. */
static ssize_t write_after_torn(const struct opened *to, const char *bytes, size_t count)
{
	char copy[4096];
	ssize_t written;

	if (count < sizeof copy) {
		copy[0] = '\n';
		memcpy(copy + 1, bytes, count);
		written = output_write_as(to->fd, to->type, copy, count + 1);
		return written > 0 ? written - 1 : written;
	}
	written = output_write_as(to->fd, to->type, "\n", 1);
	return written == 1 ? output_write_as(to->fd, to->type, bytes, count) : written;
}

/* One record to what was opened. Returns how many of its bytes, or -errno. */
static ssize_t append(struct sink *sink, const struct opened *to, const char *bytes, size_t count)
{
	bool torn = atomic_exchange(&sink->torn, false);
	ssize_t written = torn ? write_after_torn(to, bytes, count)
			       : output_write_as(to->fd, to->type, bytes, count);

	if (written != (ssize_t)count && (torn || written > 0))
		atomic_store(&sink->torn, true);
	return written;
}

/* The same to a descriptor that nobody else knows. */
static ssize_t append_alone(struct sink *sink, const char *bytes, size_t count)
{
	struct opened opened;
	ssize_t written;
	int error = open_file(sink, 0, &opened);

	if (error < 0)
		return error;
	written = append(sink, &opened, bytes, count);
	sys_close(opened.fd);
	return written;
}

static int result_of(ssize_t written, size_t count)
{
	if (written < 0)
		return (int)written;
	return (size_t)written == count ? 0 : -ENOSPC;
}

int sink_write(struct sink *sink, const char *bytes, size_t count)
{
	struct opened opened;
	bool once = false;
	ssize_t written = in_burst(sink) ? output_write_file(sink->fd, bytes, count) : -1;

	if (written >= 0) {
		sink->torn = written > 0 && (size_t)written != count;
		return (size_t)written == count ? 0 : -ENOSPC;
	}
	if (!kept(sink, &opened)) {
		int error = reopen(sink, &opened, &once);

		if (error < 0)
			return error;
	}
	begin_burst(sink, &opened);
	written = append(sink, &opened, bytes, count);
	if (once)
		sys_close(opened.fd);
	/* The number was closed since we asked, and may be the program's by now. */
	if (written == -EBADF) {
		sink->asked = 0;
		written = append_alone(sink, bytes, count);
	}
	return result_of(written, count);
}

int sink_write_once(struct sink *sink, const char *bytes, size_t count)
{
	return result_of(append_alone(sink, bytes, count), count);
}

void sink_close(struct sink *sink)
{
	drop_stale(sink);
}

void sink_move(struct sink *sink, const char *path)
{
	drop_stale(sink);
	sink->path = path;
}

int sink_absolute(const char *path, char *absolute, size_t size)
{
	char directory[PATH_MAX];
	long length = 0;

	directory[0] = '\0';
	if (path[0] != '/') {
		length = sys_try(SYS_getcwd, (long)directory, sizeof directory, 0, 0, 0, 0);
		if (length < 0)
			return (int)length;
		if (directory[0] != '/')
			return -ENOENT; /* it lies outside our root, as getcwd(2) says it */
	}
	if (strcmp(directory, "/") == 0)
		directory[0] = '\0';
	if (!text_format(absolute, size, "%s%s%s", directory, path[0] == '/' ? "" : "/", path))
		return -ENAMETOOLONG;
	return 0;
}
