/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that becomes another program forgets what is pending: it is written before. Whether the
 * call succeeds is not asked. In a child of vfork() nothing happens, and what it may use of its
 * parent's stack is what libc's own functions use.
 *
 * Those that take a list cannot be called with one that came as "...": as libc's own, they make an
 * array of it, for the function that takes one.
 */
#include "shim/base/export.h"
#include "shim/host/pending.h"
#include "shim/base/real.h"

#include <alloca.h>
#include <stdarg.h>
#include <unistd.h>

VIGIL_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	pending_flush_last();
	return real(execve)(path, argv, envp);
}

VIGIL_EXPORT int execv(const char *path, char *const argv[])
{
	pending_flush_last();
	return real(execv)(path, argv);
}

VIGIL_EXPORT int execvp(const char *file, char *const argv[])
{
	pending_flush_last();
	return real(execvp)(file, argv);
}

VIGIL_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	pending_flush_last();
	return real(execvpe)(file, argv, envp);
}

VIGIL_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	pending_flush_last();
	return real(fexecve)(fd, argv, envp);
}

/* How many arguments there are, FIRST included and their end not. */
static size_t count_list(const char *first, va_list list)
{
	size_t count = 0;

	for (; first != NULL; count++)
		first = va_arg(list, const char *);
	return count;
}

/* COUNT arguments, FIRST included, and their end. */
static char **fill_list(char **argv, size_t count, const char *first, va_list *list)
{
	argv[0] = (char *)first;
	for (size_t i = 1; i <= count; i++)
		argv[i] = va_arg(*list, char *);
	return argv;
}

#define ARRAY_OF(count) ((char **)alloca(((count) + 1) * sizeof(char *)))

VIGIL_EXPORT int execl(const char *path, const char *first, ...)
{
	va_list list;
	size_t count;
	char **argv;

	va_start(list, first);
	count = count_list(first, list);
	va_end(list);
	va_start(list, first);
	argv = fill_list(ARRAY_OF(count), count, first, &list);
	va_end(list);
	return execv(path, argv);
}

VIGIL_EXPORT int execlp(const char *file, const char *first, ...)
{
	va_list list;
	size_t count;
	char **argv;

	va_start(list, first);
	count = count_list(first, list);
	va_end(list);
	va_start(list, first);
	argv = fill_list(ARRAY_OF(count), count, first, &list);
	va_end(list);
	return execvp(file, argv);
}

VIGIL_EXPORT int execle(const char *path, const char *first, ...)
{
	char **argv, *const *envp;
	va_list list;
	size_t count;

	va_start(list, first);
	count = count_list(first, list);
	va_end(list);
	va_start(list, first);
	argv = fill_list(ARRAY_OF(count), count, first, &list);
	envp = va_arg(list, char *const *);
	va_end(list);
	return execve(path, argv, envp);
}
