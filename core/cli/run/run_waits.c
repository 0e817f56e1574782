/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_waits.h"

#include "core/base/number.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARGUMENTS 6

static const struct thread_wait nothing = {.kind = WAIT_OPEN};

/* proc_pid_syscall(5). */
struct call {
	pid_t pid, tid;
	int64_t number; /* -1: none */
	uint64_t arguments[ARGUMENTS];
};

static struct call call_of(pid_t pid, pid_t tid, const struct live_look *look)
{
	struct call call = {.pid = pid, .tid = tid, .number = -1};
	const char *at = look->seen;

	if (look->state != LIVE_WAITING || !look->has_place || !is_digit(*at))
		return call;
	call.number = number_prefix(at);
	for (size_t i = 0; i < ARGUMENTS && (at = strstr(at, "0x")) != NULL; i++) {
		at += 2;
		call.arguments[i] = number_take_hex(&at);
	}
	return call;
}

/* The memory of a mapping LINE of proc_pid_maps(5) cannot be had by a process that is no relative:
 * it is private, or has no name any more. */
static bool is_of_family(const char *line)
{
	const char *rights = strchr(line, ' ');

	if (rights == NULL || strlen(rights) < 5)
		return false;
	return rights[4] == 'p' ||
	       (strstr(line, "(deleted)") != NULL && strstr(line, "memfd:") == NULL &&
		       strstr(line, "/SYSV") == NULL);
}

static bool is_family_memory(pid_t pid, uint64_t address)
{
	char path[64], line[PATH_MAX + 128];
	bool found = false, is_family = false;
	FILE *maps;

	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	while (maps != NULL && !found && fgets(line, sizeof line, maps) != NULL) {
		const char *at = line;
		uint64_t begin = number_take_hex(&at), end = number_take_hex(&at);

		found = address >= begin && address < end;
		is_family = found && is_of_family(line);
	}
	if (maps != NULL)
		fclose(maps);
	return is_family;
}

static struct thread_wait futex_wait(const struct call *call)
{
	static const int operations[] = {
		FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_LOCK_PI, FUTEX_WAIT_REQUEUE_PI};
	int operation = (int)call->arguments[1] & FUTEX_CMD_MASK;

	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
		if (operation == operations[i] && call->arguments[3] == 0 &&
			is_family_memory(call->pid, call->arguments[0]))
			return (struct thread_wait){.kind = WAIT_FUTEX};
	return nothing;
}

/* Adds the other side of descriptor FD to WAIT. Returns false where FD is no pipe, or there is no
 * room. */
static bool add_pipe(struct thread_wait *wait, const struct call *call, int fd, bool reads)
{
	char path[64], link[8] = "";
	struct stat status;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)call->pid, fd);
	if (wait->count == WAIT_PIPES_MOST || fd < 0 || stat(path, &status) < 0 ||
		!S_ISFIFO(status.st_mode) || readlink(path, link, sizeof link - 1) <= 0)
		return false;
	wait->pipes[wait->count++] = (struct pipe_end){
		status.st_dev, status.st_ino, strncmp(link, "pipe:", 5) != 0, reads};
	return true;
}

static struct thread_wait pipe_wait(const struct call *call, bool reads)
{
	struct thread_wait wait = {.kind = WAIT_PIPES};

	return add_pipe(&wait, call, (int)call->arguments[0], reads) ? wait : nothing;
}

/* Of a poll() without a limit: for pipes alone, each of which is either read or written. */
static struct thread_wait poll_wait(const struct call *call)
{
	struct thread_wait wait = {.kind = WAIT_PIPES};
	struct pollfd polled[WAIT_PIPES_MOST];
	size_t count = call->arguments[1], size = count * sizeof *polled;

	if (count == 0 || count > WAIT_PIPES_MOST ||
		live_memory_take(call->tid, call->arguments[0], polled, size) != (ssize_t)size)
		return nothing;
	for (size_t i = 0; i < count; i++) {
		bool reads = (polled[i].events & POLLIN) != 0;

		if (reads == ((polled[i].events & POLLOUT) != 0) ||
			!add_pipe(&wait, call, polled[i].fd, reads))
			return nothing;
	}
	return wait;
}

/* Of an open(): for the other side of a FIFO. */
static struct thread_wait open_wait(
	const struct call *call, int directory, uint64_t name, uint64_t flags)
{
	char given[PATH_MAX], path[PATH_MAX + 64];
	ssize_t count = live_memory_take(call->tid, name, given, sizeof given - 1);
	struct thread_wait wait = {.kind = WAIT_FIFO, .count = 1};
	struct stat status;

	given[count > 0 ? count : 0] = '\0';
	if (given[0] == '/')
		snprintf(path, sizeof path, "/proc/%d/root%s", (int)call->pid, given);
	else if (directory == AT_FDCWD)
		snprintf(path, sizeof path, "/proc/%d/cwd/%s", (int)call->pid, given);
	else
		snprintf(path, sizeof path, "/proc/%d/fd/%d/%s", (int)call->pid, directory, given);
	if (given[0] == '\0' || stat(path, &status) < 0 || !S_ISFIFO(status.st_mode) ||
		(flags & O_ACCMODE) == O_RDWR)
		return nothing;
	wait.pipes[0] = (struct pipe_end){
		status.st_dev, status.st_ino, true, (flags & O_ACCMODE) == O_RDONLY};
	wait.made_us = (int64_t)status.st_ctim.tv_sec * 1000000 + status.st_ctim.tv_nsec / 1000;
	return wait;
}

struct thread_wait wait_of(pid_t pid, pid_t tid, const struct live_look *look)
{
	struct call call = call_of(pid, tid, look);
	const uint64_t *arguments = call.arguments;

	switch (call.number) {
	case SYS_futex: return futex_wait(&call);
	case SYS_wait4:
	case SYS_waitid: return (struct thread_wait){.kind = WAIT_CHILD};
	case SYS_read:
	case SYS_readv: return pipe_wait(&call, true);
	case SYS_write:
	case SYS_writev: return pipe_wait(&call, false);
	case SYS_openat: return open_wait(&call, (int)arguments[0], arguments[1], arguments[2]);
#ifdef SYS_open
	case SYS_open: return open_wait(&call, AT_FDCWD, arguments[0], arguments[1]);
#endif
#ifdef SYS_poll
	case SYS_poll:
		if ((int)arguments[2] < 0)
			return poll_wait(&call);
		break;
#endif
	case SYS_ppoll:
		if (arguments[2] == 0)
			return poll_wait(&call);
		break;
	default: break;
	}
	return nothing;
}
