/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that crash while somebody holds a lock that a handler must not need, or all at once. */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static volatile uintptr_t nowhere;
static pthread_barrier_t barrier;
static atomic_int there;

static void fault(void)
{
	*(volatile int *)nowhere = 1;
}

static void start(void *(*run)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, NULL))
		_exit(91);
}

static void await(int number)
{
	while (atomic_load(&there) < number)
		usleep(100);
}

static void *crash_together(void *unused)
{
	pthread_barrier_wait(&barrier);
	fault();
	return unused;
}

/* N threads at the same instant; "refused": when no process can be made any more. */
static int many(int count, char **arguments)
{
	int number = number_at(count, arguments, 0);
	struct rlimit none = {0, 0};

	pthread_barrier_init(&barrier, NULL, (unsigned)number + 1);
	for (int i = 0; i < number; i++)
		start(crash_together);
	if (count > 1 && (setrlimit(RLIMIT_NPROC, &none) || setgid(61234) || setuid(61234)))
		return 93;
	pthread_barrier_wait(&barrier);
	for (;;)
		pause();
	return 0;
}

static int crash_in_callback(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)info;
	(void)size;
	(void)unused;
	fault();
	return 0;
}

static int in_iterate(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	return dl_iterate_phdr(crash_in_callback, NULL);
}

static int stay_in_callback(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)info;
	(void)size;
	(void)unused;
	atomic_fetch_add(&there, 1);
	for (;;)
		pause();
	return 0;
}

static void *iterate(void *unused)
{
	dl_iterate_phdr(stay_in_callback, NULL);
	return unused;
}

/* The lock of the loader's list is held for good. */
static int beside_iterate(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	start(iterate);
	await(1);
	fault();
	return 0;
}

static void *load(void *unused)
{
	dlopen("libbad_begin.so", RTLD_NOW);
	return unused;
}

/* A constructor says on descriptor 20 that it is there, and stays: the loader's lock is held. */
static int beside_constructor(int count, char **arguments)
{
	int ends[2];
	char c;

	(void)count;
	(void)arguments;
	if (pipe(ends) || dup2(ends[1], 20) < 0)
		return 92;
	setenv("BAD_BEGIN", "stay", 1);
	start(load);
	if (read(ends[0], &c, 1) != 1)
		return 94;
	fault();
	return 0;
}

static void stay(int number)
{
	(void)number;
	atomic_fetch_add(&there, 1);
	for (;;)
		pause();
}

/* Too large for the thread's own cache: the arena's lock is taken each time. */
static void *allocate(void *unused)
{
	atomic_fetch_add(&there, 1);
	for (;;)
		free(malloc(4000));
	return unused;
}

/* Threads that are stopped somewhere in malloc or free, most with an arena's lock. */
static int beside_malloc(int count, char **arguments)
{
	enum { THREADS = 8 };
	pthread_t threads[THREADS];

	(void)count;
	(void)arguments;
	signal(SIGUSR1, stay);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, allocate, NULL))
			return 91;
	await(THREADS);
	for (int i = 0; i < THREADS; i++)
		pthread_kill(threads[i], SIGUSR1);
	await(2 * THREADS);
	fault();
	return 0;
}

static void *corrupt(void *unused)
{
	volatile uintptr_t *volatile memory = malloc(24);

	memory[3] = 1; /* the size of what is behind it: the arena's top */
	for (int i = 0; i < 100; i++)
		memory = malloc(100000);
	return unused;
}

/* libc finds it with the arena's lock in its hands, and calls abort(). */
static int in_malloc(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	start(corrupt);
	for (;;)
		pause();
	return 0;
}

/* Children that kill themselves: who waits for one reports it. */
static void *wait_for_killed(void *unused)
{
	for (;;) {
		pid_t pid = fork();

		if (!pid)
			raise(SIGKILL);
		waitpid(pid, NULL, 0);
		atomic_fetch_add(&there, 1);
	}
	return unused;
}

static int beside_emitting(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	for (int i = 0; i < 4; i++)
		start(wait_for_killed);
	await(40);
	fault();
	return 0;
}

static const struct act acts[] = {
	{"many", many},
	{"in_iterate", in_iterate},
	{"beside_iterate", beside_iterate},
	{"beside_constructor", beside_constructor},
	{"beside_malloc", beside_malloc},
	{"in_malloc", in_malloc},
	{"beside_telling", beside_emitting},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
