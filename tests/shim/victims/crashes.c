/* SPDX-License-Identifier: Apache-2.0 */
/* Every fatal signal that a program can bring on itself. */
#include <assert.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static volatile int zero;
static volatile uintptr_t nowhere; /* 0, as the compiler cannot know */

/* A leaf: no call, no frame of its own. */
__attribute__((noinline)) static void leaf(int *at)
{
	*(volatile int *)at = 1;
}

static int null_write(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	leaf((int *)nowhere);
	return zero;
}

static int wild_read(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	return *(volatile int *)(nowhere + 0x4141414141414141);
}

static int read_only_write(int count, char **arguments)
{
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)count;
	(void)arguments;
	*(volatile char *)page = 1;
	return zero;
}

static void *thread_that_crashes(void *unused)
{
	(void)unused;
	pthread_setname_np(pthread_self(), "crasher-of-15-c");
	leaf((int *)nowhere);
	return NULL;
}

static int null_write_in_thread(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	(void)arguments;
	pthread_create(&thread, NULL, thread_that_crashes, NULL);
	pthread_join(thread, NULL);
	return zero;
}

static void *thread_that_crashes_too(void *barrier)
{
	pthread_barrier_wait(barrier);
	return thread_that_crashes(NULL);
}

static int many_together(int count, char **arguments)
{
	int number = number_at(count, arguments, 0);
	pthread_barrier_t barrier;
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, (unsigned)number);
	for (int i = 0; i < number; i++)
		pthread_create(&thread, NULL, thread_that_crashes_too, &barrier);
	pthread_join(thread, NULL);
	return zero;
}

static int jump_to_null(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	((void (*)(void))nowhere)();
	return zero;
}

static int bus(int count, char **arguments)
{
	int fd = memfd_create("bus", MFD_CLOEXEC);
	char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	(void)count;
	(void)arguments;
	return *(volatile char *)page;
}

static int divide(int count, char **arguments)
{
	(void)arguments;
	return count / zero;
}

static int illegal(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	__builtin_trap();
}

static int trap(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	raise(SIGTRAP);
	return zero;
}

#if defined(__x86_64__)
static int breakpoint(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	__asm__ volatile("int3");
	return zero;
}
#endif

/* getppid() is forbidden: nobody else needs it. */
static int forbidden_call(int count, char **arguments)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

	(void)count;
	(void)arguments;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	return (int)syscall(SYS_getppid);
}

static int raise_(int count, char **arguments)
{
	raise(number_at(count, arguments, 0));
	return zero;
}

static int abort_(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	printf("not flushed\n");
	abort();
}

static void *thread_that_aborts(void *unused)
{
	(void)unused;
	abort();
}

static int abort_in_thread(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	(void)arguments;
	pthread_create(&thread, NULL, thread_that_aborts, NULL);
	pthread_join(thread, NULL);
	return zero;
}

static int assertion(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	assert(zero == 1);
	return zero;
}

static int double_free(int count, char **arguments)
{
	char *volatile memory = malloc(24);

	(void)count;
	(void)arguments;
	free(memory);
	free(memory);
	return zero;
}

static int free_nonsense(int count, char **arguments)
{
	static char memory[64];
	char *volatile inside = memory + 1;

	(void)count;
	(void)arguments;
	free(inside);
	return zero;
}

__attribute__((noinline)) static void overrun(char *buffer, size_t size)
{
	memset(buffer, 'A', size);
}

/* What strcpy() becomes with _FORTIFY_SOURCE: libc knows how large the copy may be. */
static int fortified_copy(int count, char **arguments)
{
	extern char *__strcpy_chk(char *to, const char *from, size_t size);
	char buffer[4];

	(void)count;
	return *__strcpy_chk(buffer, arguments[0], sizeof buffer);
}

static int smash_stack(int count, char **arguments)
{
	char buffer[16];

	(void)count;
	(void)arguments;
	overrun(buffer, sizeof buffer + 16);
	return buffer[zero];
}

__attribute__((noinline)) static int bottomless(int depth)
{
	volatile char room[1024];

	room[0] = (char)depth;
	return zero ? 0 : bottomless(depth + 1) + room[0];
}

static int overflow(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	return bottomless(zero);
}

static void *thread_that_overflows(void *unused)
{
	(void)unused;
	bottomless(zero);
	return NULL;
}

static int overflow_in_thread(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	(void)arguments;
	pthread_create(&thread, NULL, thread_that_overflows, NULL);
	pthread_join(thread, NULL);
	return zero;
}

static const struct act acts[] = {
	{"null_write", null_write},
	{"wild_read", wild_read},
	{"read_only_write", read_only_write},
	{"null_write_in_thread", null_write_in_thread},
	{"many_together", many_together},
	{"jump_to_null", jump_to_null},
	{"bus", bus},
	{"divide", divide},
	{"illegal", illegal},
	{"trap", trap},
#if defined(__x86_64__)
	{"breakpoint", breakpoint},
#endif
	{"forbidden_call", forbidden_call},
	{"raise", raise_},
	{"abort", abort_},
	{"abort_in_thread", abort_in_thread},
	{"assert", assertion},
	{"double_free", double_free},
	{"free_nonsense", free_nonsense},
	{"smash_stack", smash_stack},
	{"fortified_copy", fortified_copy},
	{"overflow", overflow},
	{"overflow_in_thread", overflow_in_thread},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
