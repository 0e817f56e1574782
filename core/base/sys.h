/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys.h - raw system calls, for code that runs inside somebody else's program.
 *
 * The functions do not touch errno, call no interposed function, need no libc state, and are legal
 * in a signal handler, in a vfork child and in a CLONE_VM child. All return what the kernel
 * returns: a result, or a negative errno. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>

#ifdef __clang_analyzer__
/* The analyzer does not know that the kernel writes through the pointers of an asm. */
long sys_call(long number, long a, long b, long c, long d, long e, long f);
#elif defined(__x86_64__)
/* System call NUMBER with its arguments, those that it does not take being 0. */
static inline long sys_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
/* System call NUMBER with its arguments, those that it does not take being 0. */
static inline long sys_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#error "vigil knows the system calls of x86-64 and aarch64"
#endif

/* sys_call() for a call that can be left out: returns -EPERM, and makes no call, if sys_forbid()
 * has named NUMBER. */
long sys_try(long number, long a, long b, long c, long d, long e, long f);

/*
 * Make sys_try() refuse NUMBER from now on, as a seccomp(2) filter would kill the process for the
 * call. Returns whether NUMBER was permitted before. vigil makes no call whose number is beyond the
 * bitmap.
 */
bool sys_forbid(long number);

/* Undo sys_forbid(), as the filter was not installed. */
void sys_permit(long number);

/* Whether NUMBER is forbidden now. */
bool sys_is_forbidden(long number);

/* How often a call is repeated after EINTR, which a seccomp filter may return for ever. */
#define SYS_INTERRUPTS_MAX 100

/* Older headers lack the name; the number is the same on every architecture. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

/* The size of the kernel's signal set in bytes; glibc's sigset_t is larger. */
#define SYS_SIGSET_SIZE 8

/* getpid(2): of the process that makes the call, also of a vfork child. */
static inline pid_t sys_getpid(void)
{
	return (pid_t)sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

/* gettid(2). */
static inline pid_t sys_gettid(void)
{
	return (pid_t)sys_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

/*
 * A new descriptor, by a system call that makes one. A seccomp filter may return 0 instead of
 * making the call, and descriptor 0 is the program's input. So the call is repeated after a 0: if
 * descriptor 0 was really free, the second call returns another number, or fails.
 */
static inline int sys_new_fd(long number, long a, long b, long c, long d)
{
	int fd = (int)sys_try(number, a, b, c, d, 0, 0), other;

	if (fd != 0)
		return fd;
	other = (int)sys_try(number, a, b, c, d, 0, 0);
	if (other == 0)
		return -EPERM;
	if (other < 0)
		return fd;
	sys_call(SYS_close, fd, 0, 0, 0, 0, 0);
	return other;
}

/* Open PATH with O_CLOEXEC added to FLAGS. */
static inline int sys_open(const char *path, int flags, mode_t mode)
{
	return sys_new_fd(SYS_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, mode);
}

/* close(2). */
static inline int sys_close(int fd)
{
	return (int)sys_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* read(2). */
static inline ssize_t sys_read(int fd, void *to, size_t size)
{
	return sys_call(SYS_read, fd, (long)to, (long)size, 0, 0, 0);
}

/* pread(2). */
static inline ssize_t sys_pread(int fd, void *to, size_t size, off_t at)
{
	return sys_call(SYS_pread64, fd, (long)to, (long)size, at, 0, 0);
}

/* write(2). */
static inline ssize_t sys_write(int fd, const void *from, size_t size)
{
	return sys_call(SYS_write, fd, (long)from, (long)size, 0, 0, 0);
}

/* RESULT of a call that fills STAT; -EPERM if a seccomp filter returned 0 without making the call.
 * The caller has set the mode to 0, which no file has. */
static inline int sys_stat_result(long result, const struct stat *stat)
{
	return result == 0 && stat->st_mode == 0 ? -EPERM : (int)result;
}

/* fstat(2), or else newfstatat(2): a seccomp filter that was written for a newer libc may allow
 * only the latter. */
static inline int sys_fstat(int fd, struct stat *ret_stat)
{
	int result;

	ret_stat->st_mode = 0;
	result = sys_stat_result(sys_call(SYS_fstat, fd, (long)ret_stat, 0, 0, 0, 0), ret_stat);
	if (result == 0 || result == -EBADF)
		return result;
	return sys_stat_result(
		sys_call(SYS_newfstatat, fd, (long)"", (long)ret_stat, AT_EMPTY_PATH, 0, 0),
		ret_stat);
}

/* Status of PATH itself, also of a symbolic link. */
static inline int sys_lstat(const char *path, struct stat *ret_stat)
{
	ret_stat->st_mode = 0;
	return sys_stat_result(sys_call(SYS_newfstatat, AT_FDCWD, (long)path, (long)ret_stat,
				       AT_SYMLINK_NOFOLLOW, 0, 0),
		ret_stat);
}

/* Status of the file that PATH leads to. */
static inline int sys_stat(const char *path, struct stat *ret_stat)
{
	ret_stat->st_mode = 0;
	return sys_stat_result(
		sys_call(SYS_newfstatat, AT_FDCWD, (long)path, (long)ret_stat, 0, 0, 0), ret_stat);
}

/* fcntl(2). */
static inline int sys_fcntl(int fd, int command, long argument)
{
	return (int)sys_call(SYS_fcntl, fd, command, argument, 0, 0, 0);
}

/* Duplicate FD to a number of at least LEAST, closed on exec. */
static inline int sys_dup_above(int fd, int least)
{
	int copy = sys_fcntl(fd, F_DUPFD_CLOEXEC, least);

	return copy >= 0 && copy < least ? -EPERM : copy; /* as above */
}

/* Move FD to a number of at least LEAST. Returns the new number; FD itself, still open, if no such
 * number is free; or FD if it is an -errno. */
static inline int sys_move_above(int fd, int least)
{
	int high = fd < 0 ? fd : sys_dup_above(fd, least);

	if (high < 0)
		return fd;
	sys_close(fd);
	return high;
}

/* Whether FD is open on the file with that DEVICE and INODE. */
static inline bool sys_fd_is(int fd, dev_t device, ino_t inode)
{
	struct stat stat;

	return fd >= 0 && sys_fstat(fd, &stat) == 0 && stat.st_dev == device &&
	       stat.st_ino == inode;
}

/* Sleep for about MICROSECONDS, less if a signal arrives. */
static inline void sys_pause(unsigned microseconds)
{
	struct timespec time = {.tv_nsec = (long)microseconds * 1000};

	sys_call(SYS_nanosleep, (long)&time, 0, 0, 0, 0, 0);
}

/* Whether FD is a terminal. */
static inline bool sys_isatty(int fd)
{
	char settings[64]; /* the kernel's struct termios, which is smaller */

	return sys_call(SYS_ioctl, fd, TCGETS, (long)settings, 0, 0, 0) == 0;
}

/* readlink(2): the target is not NUL-terminated; returns its length. */
static inline ssize_t sys_readlink(const char *path, char *to, size_t size)
{
	return sys_try(SYS_readlinkat, AT_FDCWD, (long)path, (long)to, (long)size, 0, 0);
}

/*
 * Block every signal but SIGNALS_SYNCHRONOUS: when one of these is raised while it is blocked, the
 * kernel kills the process, whatever its disposition is. Returns 0 and the previous mask; or
 * -errno, and nothing is blocked.
 */
int sys_hold_signals(uint64_t *ret_before);

/* rt_sigprocmask(2). SET and OLD point to SYS_SIGSET_SIZE bytes, or are NULL. */
static inline int sys_sigprocmask(int how, const void *set, void *old)
{
	return (int)sys_call(SYS_rt_sigprocmask, how, (long)set, (long)old, SYS_SIGSET_SIZE, 0, 0);
}
