/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A successful exec would lose the pending events, so they are written before every exec. In a
 * vfork child nothing is written, and these functions use no more of the parent's stack than libc's
 * own do. An exec that failed is noted, for the report of the termination that may follow. Those
 * that take a list make an array of it, as libc's do, because "..." cannot be passed on.
 */
#include "shim/base/export.h"
#include "shim/base/real.h"
#include "shim/emit/exec_failure.h"
#include "shim/emit/pending.h"

#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

static void before_exec(void)
{
	pending_flush_last();
	exec_failure_forget();
}

/* Note that exec of PATH has returned RESULT, which is returned. */
static int note(int result, const char *path, char *const *envp)
{
	exec_failure_note(errno, path, envp);
	return result;
}

VIGIL_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	before_exec();
	return note(real(execve)(path, argv, envp), path, envp);
}

VIGIL_EXPORT int execv(const char *path, char *const argv[])
{
	before_exec();
	return note(real(execv)(path, argv), path, environ);
}

VIGIL_EXPORT int execvp(const char *file, char *const argv[])
{
	before_exec();
	return note(real(execvp)(file, argv), file, environ);
}

VIGIL_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	before_exec();
	return note(real(execvpe)(file, argv, envp), file, envp);
}

VIGIL_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	before_exec();
	return real(fexecve)(fd, argv, envp);
}

/* Of a path in a directory that the host has open, it is not known which program it names. */
VIGIL_EXPORT int execveat(
	int directory, const char *path, char *const argv[], char *const envp[], int flags)
{
	int result;

	before_exec();
	if (real(execveat) == NULL)
		result = (int)real(syscall)(SYS_execveat, directory, path, argv, envp, flags);
	else
		result = real(execveat)(directory, path, argv, envp, flags);
	return directory == AT_FDCWD ? note(result, path, envp) : result;
}

/* How many arguments there are, FIRST included, without the NULL. */
static size_t count_list(const char *first, va_list list)
{
	size_t count = 0;

	for (; first != NULL; count++)
		first = va_arg(list, const char *);
	return count;
}

/* Fill ARGV with COUNT arguments, FIRST included, and the NULL. */
static void fill_list(char **argv, size_t count, const char *first, va_list *list)
{
	argv[0] = (char *)first;
	for (size_t i = 1; i <= count; i++)
		argv[i] = va_arg(*list, char *);
}

/* Make ARGV an array of the list that begins with FIRST, in the calling function's frame; LIST is
 * then behind the list's NULL, and the caller calls va_end(). */
#define ARRAY_OF_LIST(argv, list, first)                    \
	do {                                                \
		size_t count_;                              \
                                                            \
		va_start(list, first);                      \
		count_ = count_list(first, list);           \
		va_end(list);                               \
		argv = alloca((count_ + 1) * sizeof *argv); \
		va_start(list, first);                      \
		fill_list(argv, count_, first, &list);      \
	} while (0)

VIGIL_EXPORT int execl(const char *path, const char *first, ...)
{
	va_list list;
	char **argv;

	ARRAY_OF_LIST(argv, list, first);
	va_end(list);
	return execv(path, argv);
}

VIGIL_EXPORT int execlp(const char *file, const char *first, ...)
{
	va_list list;
	char **argv;

	ARRAY_OF_LIST(argv, list, first);
	va_end(list);
	return execvp(file, argv);
}

VIGIL_EXPORT int execle(const char *path, const char *first, ...)
{
	char **argv, *const *envp;
	va_list list;

	ARRAY_OF_LIST(argv, list, first);
	envp = va_arg(list, char *const *);
	va_end(list);
	return execve(path, argv, envp);
}
