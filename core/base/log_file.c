/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/log_file.h"

#include "core/base/clock.h"
#include "core/base/output.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <errno.h>
#include <limits.h>
#include <time.h>
#include <string.h>

/* A descriptor, and the file that it was opened on. */
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

/* Returns 0, or -errno if the open file with STAT must not be written to: in /tmp, anybody could
 * have put a link there to a file that matters to us. */
static int judge(const struct log_file *log_file, const struct stat *stat)
{
	uid_t user = (uid_t)sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);

	if (S_ISDIR(stat->st_mode))
		return -EISDIR;
	if (!S_ISREG(stat->st_mode))
		return (log_file->flags & LOG_FILE_REGULAR) != 0 ? -EINVAL : 0;
	if ((log_file->flags & LOG_FILE_PLAIN) == 0 &&
		(stat->st_uid != user || stat->st_nlink > 1) &&
		all_may_write_beside(log_file->path))
		return -EPERM;
	return 0;
}

static int open_file(const struct log_file *log_file, int more_flags, struct opened *ret)
{
	/* O_NONBLOCK: a FIFO without a reader returns ENXIO and a full one EAGAIN; regular files
	 * ignore it. */
	bool plain = (log_file->flags & LOG_FILE_PLAIN) != 0;
	int fd = sys_open(log_file->path,
		O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | (plain ? 0 : O_NOFOLLOW),
		plain ? 0666 : log_file->mode);
	struct stat stat;
	int error;

	if (fd < 0)
		return fd;
	error = sys_fstat(fd, &stat);
	if (error == 0)
		error = judge(log_file, &stat);
	/* Not by O_TRUNC, which would have emptied the file before we knew that it is ours. */
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

/* Whether the kept descriptor is still the file that we opened. */
static bool is_ours(const struct log_file *log_file)
{
	return sys_fd_is(log_file->fd, log_file->device, log_file->inode);
}

void log_file_close(struct log_file *log_file)
{
	if (is_ours(log_file))
		sys_close(log_file->fd);
	log_file->fd = -1;
}

/* Duplicates FD to a number out of the program's way. If LOG_FILE's descriptor still is ours, the
 * copy replaces it in one step, as another thread may be about to write to it. */
static int put_away(const struct log_file *log_file, int fd)
{
	int number;

	if (!is_ours(log_file))
		return sys_dup_above(fd, LOG_FILE_FD_LEAST);
	number = (int)sys_call(SYS_dup3, fd, log_file->fd, O_CLOEXEC, 0, 0, 0);
	return number >= 0 && number != log_file->fd ? -EPERM : number; /* the call was not made */
}

/* Keeps OPENED in LOG_FILE, out of the program's way; false, and OPENED as it was, if that is
 * impossible. */
static bool keep(struct log_file *log_file, struct opened *opened)
{
	unsigned version = atomic_load(&log_file->version);
	int high;

	if (version % 2 != 0 ||
		!atomic_compare_exchange_strong(&log_file->version, &version, version + 1))
		return false;
	high = put_away(log_file, opened->fd);
	if (high >= 0) {
		sys_close(opened->fd);
		opened->fd = high;
	} else {
		log_file_close(log_file); /* RLIMIT_NOFILE was lowered meanwhile: no number that
					     high is free */
	}
	log_file->fd = high >= 0 ? high : -1;
	log_file->device = opened->device;
	log_file->inode = opened->inode;
	atomic_store(&log_file->version, version + 2);
	return high >= 0;
}

int log_file_open(struct log_file *log_file, const char *path, mode_t mode, unsigned flags)
{
	struct opened opened;
	int error;

	memset(log_file, 0, sizeof *log_file);
	log_file->path = path;
	log_file->mode = mode;
	log_file->flags = flags;
	log_file->fd = -1;
	if ((flags & LOG_FILE_DELAY) != 0)
		return 0;
	error = open_file(log_file, (flags & LOG_FILE_TRUNCATE) != 0 ? O_TRUNC : 0, &opened);
	log_file->flags &= ~(unsigned)LOG_FILE_TRUNCATE;
	if (error == 0 && !keep(log_file, &opened))
		sys_close(opened.fd);
	return error;
}

/* Whether the path of LOG_FILE still names the file of OPENED. */
static bool still_named(const struct log_file *log_file, const struct opened *opened)
{
	struct stat stat;

	int error = (log_file->flags & LOG_FILE_PLAIN) != 0 ? sys_stat(log_file->path, &stat)
							    : sys_lstat(log_file->path, &stat);

	return error == 0 && stat.st_dev == opened->device && stat.st_ino == opened->inode;
}

/* Copies the kept descriptor to RET; false when none is kept, another thread is changing it, or it
 * is not our file any more. */
static bool kept(struct log_file *log_file, struct opened *ret)
{
	unsigned version = atomic_load(&log_file->version);
	struct opened opened = {
		.fd = log_file->fd,
		.device = log_file->device,
		.inode = log_file->inode,
	};
	struct stat stat;

	if (version % 2 != 0 || atomic_load(&log_file->version) != version || opened.fd < 0)
		return false;
	if (sys_fstat(opened.fd, &stat) < 0)
		return false;
	/* A file without a name vanishes with its last descriptor, and so would our records. */
	if (stat.st_dev != opened.device || stat.st_ino != opened.inode || stat.st_nlink == 0)
		return false;
	if ((log_file->flags & LOG_FILE_WATCH) != 0 && !still_named(log_file, &opened))
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

/* Whether a record may go to the kept descriptor without checks: the last ones were made at this
 * instant of the coarse clock. */
static bool in_burst(const struct log_file *log_file)
{
	return (log_file->flags & (LOG_FILE_BURST | LOG_FILE_WATCH)) == LOG_FILE_BURST &&
	       !log_file->torn && log_file->fd >= 0 && log_file->checked_at == coarse_now();
}

static void begin_burst(struct log_file *log_file, const struct opened *opened)
{
	if ((log_file->flags & LOG_FILE_BURST) != 0)
		log_file->checked_at =
			S_ISREG(opened->type) && output_is_unlimited() ? coarse_now() : 0;
}

static int reopen(struct log_file *log_file, struct opened *ret, bool *ret_once)
{
	int truncate = (log_file->flags & LOG_FILE_TRUNCATE) != 0 ? O_TRUNC : 0;
	int error;

	error = open_file(log_file, truncate, ret);
	if (error < 0)
		return error;
	log_file->flags &= ~(unsigned)LOG_FILE_TRUNCATE;
	*ret_once = !keep(log_file, ret);
	return 0;
}

/* Writes a newline and the record: in one write, if a copy of both fits on the stack. */
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

/* Writes one record to TO. Returns how many of its bytes were written, or -errno. */
static ssize_t append(
	struct log_file *log_file, const struct opened *to, const char *bytes, size_t count)
{
	bool torn = atomic_exchange(&log_file->torn, false);
	ssize_t written = torn ? write_after_torn(to, bytes, count)
			       : output_write_as(to->fd, to->type, bytes, count);

	if (written != (ssize_t)count && (torn || written > 0))
		atomic_store(&log_file->torn, true);
	return written;
}

/* Writes one record to a descriptor that is opened for it and then closed. Returns as append(). */
static ssize_t append_alone(struct log_file *log_file, const char *bytes, size_t count)
{
	struct opened opened;
	ssize_t written;
	int error = open_file(log_file, 0, &opened);

	if (error < 0)
		return error;
	written = append(log_file, &opened, bytes, count);
	sys_close(opened.fd);
	return written;
}

static int result_of(ssize_t written, size_t count)
{
	if (written < 0)
		return (int)written;
	return (size_t)written == count ? 0 : -ENOSPC;
}

int log_file_write(struct log_file *log_file, const char *bytes, size_t count)
{
	struct opened opened;
	bool once = false;
	ssize_t written = in_burst(log_file) ? output_write_file(log_file->fd, bytes, count) : -1;

	if (written >= 0) {
		log_file->torn = written > 0 && (size_t)written != count;
		return (size_t)written == count ? 0 : -ENOSPC;
	}
	if (!kept(log_file, &opened)) {
		int error = reopen(log_file, &opened, &once);

		if (error < 0)
			return error;
	}
	begin_burst(log_file, &opened);
	written = append(log_file, &opened, bytes, count);
	if (once)
		sys_close(opened.fd);
	/* The descriptor was closed after the check, and its number may be the program's by now. */
	if (written == -EBADF) {
		log_file->checked_at = 0;
		written = append_alone(log_file, bytes, count);
	}
	return result_of(written, count);
}

int log_file_write_once(struct log_file *log_file, const char *bytes, size_t count)
{
	return result_of(append_alone(log_file, bytes, count), count);
}

void log_file_move(struct log_file *log_file, const char *path)
{
	log_file_close(log_file);
	log_file->path = path;
}

/* The working directory and a slash. A function of its own, as most paths need no buffer. */
static __attribute__((noinline)) int add_directory(struct text *text)
{
	char directory[PATH_MAX];
	long length = sys_try(SYS_getcwd, (long)directory, sizeof directory, 0, 0, 0, 0);

	if (length < 0)
		return (int)length;
	if (directory[0] != '/')
		return -ENOENT; /* it lies outside our root: "(unreachable)" of getcwd(2) */
	text_add(text, directory);
	if (strcmp(directory, "/") != 0)
		text_char(text, '/');
	return 0;
}

int log_file_absolute(const char *path, char *absolute, size_t size)
{
	struct text text;
	int error;

	text_init(&text, absolute, size);
	error = path[0] == '/' ? 0 : add_directory(&text);
	text_add(&text, path);
	if (error == 0 && text.truncated)
		error = -ENAMETOOLONG;
	return error;
}
