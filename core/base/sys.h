/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys.h - raw system calls, for code that runs inside somebody else's program.
 *
 * They leave errno alone, call no interposed function, need no libc state, and are legal in a
 * signal handler, in a vfork child and in a CLONE_VM child. All return what the kernel returns: a
 * result, or a negative errno. Signal-safe: yes. Threads: any.
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
/* The analyzer does not see what the kernel writes by the pointers of an asm. */
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

/*
 * The same for a call that can be left out: returns -EPERM, and makes no call, where sys_forbid()
 * has named NUMBER.
 */
long sys_try(long number, long a, long b, long c, long d, long e, long f);

/*
 * From now on sys_try() makes no call of NUMBER, as a seccomp(2) filter would kill the process for
 * it. Returns whether that is new. Numbers beyond the bitmap are of calls that we do not make.
 */
bool sys_forbid(long number);

/* Undo sys_forbid(): the filter was not installed. */
void sys_permit(long number);

/* Whether NUMBER is forbidden now. */
bool sys_is_forbidden(long number);
/* How often a call is made again after EINTR: a filter may return that for ever. */
#define SYS_INTERRUPTS_MAX 100

/* Older headers have no name for it; the number is the same everywhere. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* What the kernel takes as a signal set, in bytes; glibc's sigset_t is larger. */
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
 * A new descriptor, by a system call that makes one. A seccomp filter may make the call return 0
 * without making it, and descriptor 0 is the program's input. So after 0 the call is made once
 * more: if descriptor 0 was really free, the second call returns another one, or fails.
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

/* Opens PATH with O_CLOEXEC added to FLAGS. */
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

/* The RESULT of a call that fills STAT, whose mode was 0 before, which no file has: -EPERM where a
 * filter made the call return without filling it. */
static inline int sys_stat_result(long result, const struct stat *stat)
{
	return result == 0 && stat->st_mode == 0 ? -EPERM : (int)result;
}

/* A filter that was made with a newer libc may allow the second call alone. */
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

/* A copy of FD that is at least LEAST, closed on exec. */
static inline int sys_dup_above(int fd, int least)
{
	int copy = sys_fcntl(fd, F_DUPFD_CLOEXEC, least);

	return copy >= 0 && copy < least ? -EPERM : copy; /* as above */
}

/* FD under a number that is at least LEAST, and closed under its own; or FD itself, where no such
 * number is free, or the error that FD is. */
static inline int sys_move_above(int fd, int least)
{
	int high = fd < 0 ? fd : sys_dup_above(fd, least);

	if (high < 0)
		return fd;
	sys_close(fd);
	return high;
}

/* Whether FD is open, and the file with that DEVICE and INODE. */
static inline bool sys_fd_is(int fd, dev_t device, ino_t inode)
{
	struct stat stat;

	return fd >= 0 && sys_fstat(fd, &stat) == 0 && stat.st_dev == device &&
	       stat.st_ino == inode;
}

/* Sleeps for about so long, or less where a signal comes. */
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

/* Not NUL-terminated; returns the length. */
static inline ssize_t sys_readlink(const char *path, char *to, size_t size)
{
	return sys_try(SYS_readlinkat, AT_FDCWD, (long)path, (long)to, (long)size, 0, 0);
}

/*
 * Blocks every signal but SIGNALS_SYNCHRONOUS: for one of these that is blocked, the kernel kills
 * the process, whatever its disposition is. Returns 0 and the mask before, or -errno: then nothing
 * is blocked.
 */
int sys_hold_signals(uint64_t *ret_before);

/* SET and OLD point to SYS_SIGSET_SIZE bytes, or are NULL. */
static inline int sys_sigprocmask(int how, const void *set, void *old)
{
	return (int)sys_call(SYS_rt_sigprocmask, how, (long)set, (long)old, SYS_SIGSET_SIZE, 0, 0);
}
