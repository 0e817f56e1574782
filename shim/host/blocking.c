/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls before which pending events (emit/pending.h) are written: event loops, launchers,
 * shells and interpreters wait with these, and with wait() and its like (children.c). If the
 * program waits in another way, the events are written at the next of these calls, in any thread,
 * or when the program terminates. If nothing is pending, each function is a comparison and a jump,
 * so that no frame of ours lies on the stack while the program waits, dumps core or cancels the
 * thread.
 *
 * A signal with a handler that comes while events are written would, without us, have interrupted
 * the wait. So the call returns EINTR, if it is one that the kernel never restarts after a handler
 * (signal(7)): otherwise a program that has sent a signal and waits for the answer would wait
 * forever. read() and wait() go on.
 *
 * The compiler replaces poll(), ppoll() and read() by the functions with _chk where it knows how
 * large the buffer is (_FORTIFY_SOURCE, by which whole distributions are built).
 */
#include "core/base/memory.h"
#include "core/base/sys.h"
#include "shim/base/export.h"
#include "shim/base/real.h"
#include "shim/emit/pending.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

/* Return as a wait does that a handler has interrupted. */
static __attribute__((noinline)) int interrupted(void)
{
	errno = EINTR;
	return -1;
}

/* Set *LEFT to *TIME: the whole time is left. Returns false if one of the addresses is bad, so that
 * the caller lets the kernel report that. */
static __attribute__((noinline)) bool leave_all(const struct timespec *time, struct timespec *left)
{
	struct memory_reader reader = {.next = 0};
	struct timespec all, room;

	if (left == NULL || left == time)
		return true;
	if (!memory_read_exact(&reader, (uintptr_t)time, &all, sizeof all) ||
		!memory_read_exact(&reader, (uintptr_t)left, &room, sizeof room))
		return false;
	*left = all;
	return true;
}

VIGIL_EXPORT int poll(struct pollfd *list, nfds_t count, int milliseconds)
{
	return pending_flush() ? interrupted() : real(poll)(list, count, milliseconds);
}

VIGIL_EXPORT int ppoll(
	struct pollfd *list, nfds_t count, const struct timespec *most, const sigset_t *mask)
{
	return pending_flush() ? interrupted() : real(ppoll)(list, count, most, mask);
}

VIGIL_EXPORT int __poll_chk(struct pollfd *list, nfds_t count, int milliseconds, size_t size)
{
	return pending_flush() ? interrupted() : real(__poll_chk)(list, count, milliseconds, size);
}

VIGIL_EXPORT int __ppoll_chk(struct pollfd *list, nfds_t count, const struct timespec *most,
	const sigset_t *mask, size_t size)
{
	return pending_flush() ? interrupted() : real(__ppoll_chk)(list, count, most, mask, size);
}

VIGIL_EXPORT int select(
	int count, fd_set *readable, fd_set *writable, fd_set *special, struct timeval *most)
{
	return pending_flush() ? interrupted()
			       : real(select)(count, readable, writable, special, most);
}

VIGIL_EXPORT int pselect(int count, fd_set *readable, fd_set *writable, fd_set *special,
	const struct timespec *most, const sigset_t *mask)
{
	return pending_flush() ? interrupted()
			       : real(pselect)(count, readable, writable, special, most, mask);
}

VIGIL_EXPORT int epoll_wait(int epoll, struct epoll_event *events, int count, int milliseconds)
{
	return pending_flush() ? interrupted()
			       : real(epoll_wait)(epoll, events, count, milliseconds);
}

VIGIL_EXPORT int epoll_pwait(
	int epoll, struct epoll_event *events, int count, int milliseconds, const sigset_t *mask)
{
	return pending_flush() ? interrupted()
			       : real(epoll_pwait)(epoll, events, count, milliseconds, mask);
}

VIGIL_EXPORT int epoll_pwait2(int epoll, struct epoll_event *events, int count,
	const struct timespec *most, const sigset_t *mask)
{
	if (pending_flush())
		return interrupted();
	if (real(epoll_pwait2) == NULL)
		return (int)real(syscall)(
			SYS_epoll_pwait2, epoll, events, count, most, mask, SYS_SIGSET_SIZE);
	return real(epoll_pwait2)(epoll, events, count, most, mask);
}

VIGIL_EXPORT int nanosleep(const struct timespec *time, struct timespec *left)
{
	return pending_flush() && leave_all(time, left) ? interrupted()
							: real(nanosleep)(time, left);
}

VIGIL_EXPORT int clock_nanosleep(
	clockid_t clock, int flags, const struct timespec *time, struct timespec *left)
{
	if (pending_flush() && ((flags & TIMER_ABSTIME) != 0 || leave_all(time, left)))
		return EINTR;
	return real(clock_nanosleep)(clock, flags, time, left);
}

VIGIL_EXPORT unsigned int sleep(unsigned int seconds)
{
	if (pending_flush()) {
		interrupted();
		return seconds;
	}
	return real(sleep)(seconds);
}

VIGIL_EXPORT int usleep(useconds_t microseconds)
{
	return pending_flush() ? interrupted() : real(usleep)(microseconds);
}

VIGIL_EXPORT int pause(void)
{
	return pending_flush() ? interrupted() : real(pause)();
}

VIGIL_EXPORT int sigsuspend(const sigset_t *mask)
{
	return pending_flush() ? interrupted() : real(sigsuspend)(mask);
}

VIGIL_EXPORT int sigwait(const sigset_t *set, int *number)
{
	pending_flush();
	return real(sigwait)(set, number);
}

VIGIL_EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	pending_flush();
	return real(sigwaitinfo)(set, info);
}

VIGIL_EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *most)
{
	pending_flush();
	return real(sigtimedwait)(set, info, most);
}

VIGIL_EXPORT ssize_t read(int fd, void *bytes, size_t count)
{
	pending_flush();
	return real(read)(fd, bytes, count);
}

VIGIL_EXPORT ssize_t __read_chk(int fd, void *bytes, size_t count, size_t size)
{
	pending_flush();
	return real(__read_chk)(fd, bytes, count, size);
}
