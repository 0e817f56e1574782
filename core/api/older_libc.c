/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of libc by the versions that glibc 2.28 has, whatever glibc this is built with: the
 * command and the C library run on every later one. Linked into those two alone; what is defined
 * here, the linker takes instead of libc's newest version, for the archives that are linked in,
 * too. A gate (scripts/checks/command.py) names what is missing here.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The version that a machine's first glibc gave to its functions, and a jump to another function.
 */
#if defined(__x86_64__)
#define FIRST "GLIBC_2.2.5"
#define JUMP(name) "jmp " name "@PLT"
#elif defined(__aarch64__)
#define FIRST "GLIBC_2.17"
#define JUMP(name) "b " name
#endif

/* NAME is what FIRST calls so: libpthread and libdl became part of libc in 2.34, with new versions
 * of what had not changed. */
#define OLDER(name)                                                             \
	__asm__(".symver older_" #name ", " #name "@" FIRST "\n"                \
		".pushsection .text." #name ", \"ax\", %progbits\n"             \
		".globl " #name "\n"                                            \
		".hidden " #name "\n"                                           \
		".type " #name ", %function\n" #name                            \
		":\n\t" JUMP("older_" #name) "\n"                               \
					     ".size " #name ", . - " #name "\n" \
					     ".popsection")

OLDER(dlopen);
OLDER(dlsym);
OLDER(dlclose);
OLDER(dlerror);
OLDER(dladdr);
OLDER(pthread_create);
OLDER(pthread_join);
OLDER(pthread_key_create);
OLDER(pthread_once);
OLDER(pthread_getspecific);
OLDER(pthread_setspecific);
OLDER(pthread_sigmask);
OLDER(pthread_rwlock_init);
OLDER(pthread_rwlock_destroy);
OLDER(pthread_rwlock_rdlock);
OLDER(pthread_rwlock_tryrdlock);
OLDER(pthread_rwlock_wrlock);
OLDER(pthread_rwlock_unlock);

/* System calls that got a function of their name later. */
pid_t gettid(void)
{
	return (pid_t)syscall(SYS_gettid);
}

int fstatat(int directory, const char *restrict path, struct stat *restrict status, int flags)
{
	return (int)syscall(SYS_newfstatat, directory, path, status, flags);
}

int stat(const char *restrict path, struct stat *restrict status)
{
	return fstatat(AT_FDCWD, path, status, 0);
}

int lstat(const char *restrict path, struct stat *restrict status)
{
	return fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

int fstat(int fd, struct stat *status)
{
	return (int)syscall(SYS_fstat, fd, status);
}

/* What the headers of 2.38 and later call instead of functions that then learnt binary numbers. */
#define PLAIN(type, name, parameters, arguments)     \
	type plain_##name parameters __asm__(#name); \
	type __isoc23_##name parameters;             \
	type __isoc23_##name parameters              \
	{                                            \
		return plain_##name arguments;       \
	}

PLAIN(long, strtol, (const char *restrict text, char **restrict end, int base), (text, end, base))
PLAIN(long long, strtoll, (const char *restrict text, char **restrict end, int base),
	(text, end, base))
PLAIN(unsigned long, strtoul, (const char *restrict text, char **restrict end, int base),
	(text, end, base))
PLAIN(unsigned long long, strtoull, (const char *restrict text, char **restrict end, int base),
	(text, end, base))

int plain_vsscanf(const char *text, const char *format, va_list values) __asm__("__isoc99_vsscanf");
int plain_vfscanf(FILE *stream, const char *format, va_list values) __asm__("__isoc99_vfscanf");
int __isoc23_sscanf(const char *text, const char *format, ...);
int __isoc23_fscanf(FILE *stream, const char *format, ...);

int __isoc23_sscanf(const char *text, const char *format, ...)
{
	va_list values;
	int count;

	va_start(values, format);
	count = plain_vsscanf(text, format, values);
	va_end(values);
	return count;
}

int __isoc23_fscanf(FILE *stream, const char *format, ...)
{
	va_list values;
	int count;

	va_start(values, format);
	count = plain_vfscanf(stream, format, values);
	va_end(values);
	return count;
}

/* Before 2.34 a program brought the function along that runs its constructors; a newer one's start
 * leaves that to libc. */
typedef int main_function(int, char **, char **);
extern main_function *const __init_array_start[] __attribute__((visibility("hidden")));
extern main_function *const __init_array_end[] __attribute__((visibility("hidden")));

int older_libc_start_main(main_function *main, int argc, char **argv, main_function *init,
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(main_function *main, int argc, char **argv, main_function *init,
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
__asm__(".symver older_libc_start_main, __libc_start_main@" FIRST);

static int run_constructors(int argc, char **argv, char **environment)
{
	for (main_function *const *constructor = __init_array_start; constructor < __init_array_end;
		constructor++)
		(*constructor)(argc, argv, environment);
	return 0;
}

int __libc_start_main(main_function *main, int argc, char **argv, main_function *init,
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	return older_libc_start_main(main, argc, argv, init == NULL ? run_constructors : init, fini,
		rtld_fini, stack_end);
}
