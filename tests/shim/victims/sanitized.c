/* SPDX-License-Identifier: Apache-2.0 */
/* What the sanitizers find: built once with each of them. */
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static volatile uintptr_t nowhere;
static int shared;

static int fault(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	*(volatile int *)nowhere = 1;
	return 0;
}

static int use_after_free(int count, char **arguments)
{
	char *volatile block = malloc(8);

	(void)count;
	(void)arguments;
	free(block);
	return block[2];
}

static void *fault_(void *nothing)
{
	fault(0, NULL);
	return nothing;
}

static int fault_in_thread(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	(void)arguments;
	pthread_create(&thread, NULL, fault_, NULL);
	pthread_join(thread, NULL);
	return 0;
}

static __attribute__((noinline)) void lose(void)
{
	void *volatile block = malloc(77);

	memset(block, 1, 77);
	block = NULL;
}

static int leak(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	lose();
	return 0;
}

static int abort_(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	abort();
}

static int shift(int count, char **arguments)
{
	volatile int much = 40;

	(void)count;
	(void)arguments;
	printf("%d\n", (1 << much) != 1);
	return 3;
}

static void *add(void *nothing)
{
	shared++;
	return nothing;
}

static int race(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	(void)arguments;
	pthread_create(&thread, NULL, add, NULL);
	usleep(100000); /* the thread is first, but nothing says so */
	add(NULL);
	pthread_join(thread, NULL);
	return 0;
}

static int return_(int count, char **arguments)
{
	return number_at(count, arguments, 0);
}

static const struct act acts[] = {
	{"fault", fault},
	{"use_after_free", use_after_free},
	{"fault_in_thread", fault_in_thread},
	{"leak", leak},
	{"abort", abort_},
	{"shift", shift},
	{"race", race},
	{"return", return_},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
