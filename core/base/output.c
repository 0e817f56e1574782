/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/output.h"

#include "core/base/signal_table.h"
#include "core/base/sys.h"
#include "core/base/wait_budget.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#endif

/* A terminal stops a background job that writes to it (stty tostop), unless SIGTTOU is blocked. */
#define HELD_SIGNALS (SIGNAL_BIT(SIGPIPE) | SIGNAL_BIT(SIGXFSZ) | SIGNAL_BIT(SIGTTOU))

/* The task whose writes are noted, and the word that they are noted in. */
static _Atomic(pid_t) noted;
static atomic_uint *note;

void output_note(atomic_uint *wrote)
{
	atomic_store(&noted, 0);
	note = wrote;
	if (wrote != NULL)
		atomic_store(&noted, sys_gettid());
}

void output_wrote(void)
{
	pid_t task = atomic_load_explicit(&noted, memory_order_relaxed);

	if (task != 0 && task == sys_gettid())
		atomic_fetch_or(note, 1);
}

/* Removes the pending signal that a write has raised which failed with ERROR, unless that signal
 * was in BEFORE, the signals that were pending before the write. */
static void take_back(ssize_t error, uint64_t before)
{
	uint64_t raised = error == -EPIPE   ? SIGNAL_BIT(SIGPIPE)
			  : error == -EFBIG ? SIGNAL_BIT(SIGXFSZ)
					    : 0;
	struct timespec at_once = {0};

	if (raised != 0 && (before & raised) == 0)
		sys_call(SYS_rt_sigtimedwait, (long)&raised, 0, (long)&at_once, SYS_SIGSET_SIZE, 0,
			0);
}

static bool writable(int fd, int64_t wait_us)
{
	struct pollfd question = {.fd = fd, .events = POLLOUT};
	struct timespec wait = {wait_us / 1000000, wait_us % 1000000 * 1000};

	return sys_call(SYS_ppoll, (long)&question, 1, (long)&wait, 0, SYS_SIGSET_SIZE, 0) > 0;
}

static bool pipe_has_room(int fd, size_t count)
{
	int unread = 0;
	int capacity = sys_fcntl(fd, F_GETPIPE_SZ, 0);

	if (capacity < 0 || sys_call(SYS_ioctl, fd, FIONREAD, (long)&unread, 0, 0, 0) < 0)
		return false;
	/* A pipe's capacity is counted in pages, and half-filled pages count: unread bytes may take
	 * more room than their number. */
	return unread == 0 && count <= (size_t)capacity;
}

/*
 * For kernels without RWF_NOWAIT: a write of up to PIPE_BUF bytes to a pipe that polls writable
 * does not wait (pipe(7)). O_NONBLOCK must not be set, as that flag belongs to the open file, which
 * the program and its parents share.
 */
static ssize_t write_if_ready(int fd, const char *bytes, size_t count)
{
	if (!writable(fd, 0))
		return -EAGAIN;
	if (count > PIPE_BUF && !pipe_has_room(fd, count))
		count = PIPE_BUF;
	return sys_write(fd, bytes, count);
}

static ssize_t write_at_once(int fd, bool socket, const char *bytes, size_t count)
{
	struct iovec vector = {(void *)bytes, count};
	ssize_t written;

	if (socket)
		return sys_try(SYS_sendto, fd, (long)bytes, (long)count,
			MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
	written = sys_call(SYS_pwritev2, fd, (long)&vector, 1, -1, -1, RWF_NOWAIT);
	if (written == -EOPNOTSUPP || written == -ENOSYS || written == -EINVAL)
		written = write_if_ready(fd, bytes, count);
	return written;
}

/* The subject of waits for the pipe, terminal or socket behind FD, equal in all processes that have
 * inherited it. */
static uint64_t subject_of(int fd)
{
	struct stat stat;
	uint64_t words[3];

	if (sys_fstat(fd, &stat) < 0)
		return 0;
	words[0] = stat.st_dev;
	words[1] = stat.st_ino;
	words[2] = stat.st_rdev;
	return wait_budget_subject("file", words, sizeof words);
}

/* For how many more microseconds to wait for FD to take more. */
static int64_t time_left(struct budgeted_wait *wait, int fd)
{
	if (wait->subject == 0)
		wait->subject = subject_of(fd);
	return wait_budget_left(wait);
}

/* Returns how many bytes were written, or -errno if none were; *RET_ERROR: why no more were. */
static ssize_t write_in_time(
	const struct output *to, const char *bytes, size_t count, ssize_t *ret_error)
{
	struct budgeted_wait wait = {.subject = to->subject, .most_ms = OUTPUT_DEADLINE_MS};
	size_t done = 0;

	while (done < count) {
		ssize_t written =
			write_at_once(to->fd, S_ISSOCK(to->type), bytes + done, count - done);
		int64_t left;

		*ret_error = written < 0 ? written : 0;
		if (written > 0) {
			output_wrote();
			done += (size_t)written;
			continue;
		}
		if (written != -EAGAIN && written != -EINTR)
			break;
		left = time_left(&wait, to->fd);
		if (left == 0 || (written == -EAGAIN && !writable(to->fd, left)))
			break;
	}
	wait_budget_end(&wait, done == count);
	return done > 0 ? (ssize_t)done : *ret_error;
}

bool output_is_unlimited(void)
{
	struct rlimit64 limit = {0};

	return sys_call(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, (long)&limit, 0, 0) == 0 &&
	       limit.rlim_cur == RLIM64_INFINITY;
}

ssize_t output_write_file(int fd, const char *bytes, size_t count)
{
	ssize_t written;

	for (int i = 0; i <= SYS_INTERRUPTS_MAX; i++) {
		written = sys_write(fd, bytes, count);
		if (written != -EINTR)
			break;
	}
	if (written > 0)
		output_wrote();
	return written;
}

ssize_t output_write_to(const struct output *to, const char *bytes, size_t count)
{
	uint64_t held = HELD_SIGNALS, mask, before = 0;
	ssize_t error = 0, written;

	/* Without a limit, a write to a regular file raises no signal. */
	if (S_ISREG(to->type) && output_is_unlimited())
		return output_write_file(to->fd, bytes, count);
	sys_sigprocmask(SIG_BLOCK, &held, &mask);
	sys_call(SYS_rt_sigpending, (long)&before, SYS_SIGSET_SIZE, 0, 0, 0, 0);
	if (S_ISREG(to->type) || S_ISBLK(to->type))
		error = written = output_write_file(to->fd, bytes, count);
	else
		written = write_in_time(to, bytes, count, &error);
	take_back(error, before);
	sys_sigprocmask(SIG_SETMASK, &mask, NULL);
	return written;
}

ssize_t output_write_as(int fd, mode_t type, const char *bytes, size_t count)
{
	struct output to = {.fd = fd, .type = type};

	return output_write_to(&to, bytes, count);
}

ssize_t output_write(int fd, const char *bytes, size_t count)
{
	struct stat stat;
	int error = sys_fstat(fd, &stat);

	return error < 0 ? error : output_write_as(fd, stat.st_mode, bytes, count);
}
