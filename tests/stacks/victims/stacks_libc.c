/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes inside of what is not the program's own: libc's assembly, the vdso, the PLT, libraries,
 * code made at run time. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "tests/shim/victims/victim.h"

#define NOINLINE __attribute__((noinline))
#define ACT(name) static int name(int count, char **arguments)

static volatile uintptr_t nowhere = 8;
static volatile int zero;
static char *volatile good;

static char *bad(void)
{
	return (char *)nowhere;
}

/* Each size takes another way through the assembly. */
ACT(memcpy_)
{
	size_t size = (size_t)number_at(count, arguments, 0);

	return memcpy(bad(), good, size) != NULL;
}

ACT(memcpy_from)
{
	size_t size = (size_t)number_at(count, arguments, 0);

	return memcpy(good, bad(), size) != NULL;
}

ACT(memmove_)
{
	size_t size = (size_t)number_at(count, arguments, 0);

	return memmove(bad(), good, size) != NULL;
}

ACT(memset_)
{
	return memset(bad(), zero, (size_t)number_at(count, arguments, 0)) != NULL;
}

ACT(memcmp_)
{
	return memcmp(bad(), good, (size_t)number_at(count, arguments, 0));
}

ACT(strlen_)
{
	(void)count, (void)arguments;
	return (int)strlen(bad()) + zero;
}

ACT(strcmp_)
{
	(void)count, (void)arguments;
	return strcmp(bad(), good) + zero;
}

ACT(strcpy_)
{
	(void)count, (void)arguments;
	return strcpy(bad(), good) != NULL;
}

ACT(strchr_)
{
	(void)count, (void)arguments;
	return strchr(bad(), 'x' + zero) != NULL;
}

ACT(wcslen_)
{
	(void)count, (void)arguments;
	return (int)wcslen((wchar_t *)bad()) + zero;
}

ACT(printf_)
{
	char room[64];

	(void)count, (void)arguments;
	return snprintf(room, sizeof room, "%d %s\n", 7, bad()) + zero;
}

ACT(free_)
{
	(void)count, (void)arguments;
	free(bad() + 0x1000);
	return zero;
}

/* For a bad pointer the kernel has an error, and the vdso faults. */
ACT(vdso)
{
	(void)count, (void)arguments;
	return clock_gettime(CLOCK_MONOTONIC, (struct timespec *)bad()) + zero;
}

/* The table that the linkage of functions works with, of this program. */
extern void *table[] __asm__("_GLOBAL_OFFSET_TABLE_") __attribute__((visibility("hidden")));

/* Where the loader looks for the object that a function is called from. */
ACT(resolver)
{
	(void)count;
	table[1] = bad();
	return getpgid(atoi(arguments[0])) + zero;
}

/* The stub jumps by what it cannot read any more. */
ACT(stub)
{
	uintptr_t page = (uintptr_t)table & -(uintptr_t)4096;

	(void)count, (void)arguments;
	mprotect((void *)page, 4096, PROT_NONE);
	return getsid(zero) + zero;
}

/* In a library that was loaded, and whose file has changed since: the second argument says how. */
ACT(library)
{
	void *handle = dlopen(arguments[0], RTLD_NOW);
	int (*crash)(int);

	if (!handle)
		return 98;
	if (count > 1 && !strcmp(arguments[1], "delete"))
		unlink(arguments[0]);
	if (count > 2 && rename(arguments[2], arguments[0]))
		return 97;
	crash = (int (*)(int))(uintptr_t)dlsym(handle, "library_entry");
	return crash(3) + zero;
}

NOINLINE static int called_back(void)
{
	*(volatile int *)nowhere = 1;
	return zero;
}

#if defined(__x86_64__)
/* push rbp; mov rbp, rsp; call rdi; pop rbp; ret */
static const unsigned char made[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};

ACT(made_at_run_time)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)count, (void)arguments;
	memcpy(page, made, sizeof made);
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
	return ((int (*)(int (*)(void)))(uintptr_t)page)(called_back) + zero;
}
#endif

static const struct act acts[] = {
	{"memcpy", memcpy_},
	{"memcpy_from", memcpy_from},
	{"memmove", memmove_},
	{"memset", memset_},
	{"memcmp", memcmp_},
	{"strlen", strlen_},
	{"strcmp", strcmp_},
	{"strcpy", strcpy_},
	{"strchr", strchr_},
	{"wcslen", wcslen_},
	{"printf", printf_},
	{"free", free_},
	{"vdso", vdso},
	{"resolver", resolver},
	{"stub", stub},
	{"library", library},
#if defined(__x86_64__)
	{"made_at_run_time", made_at_run_time},
#endif
	{0},
};

int main(int argc, char **argv)
{
	good = calloc(1, 1 << 20);
	return play(acts, argc, argv);
}
