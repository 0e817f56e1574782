/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every way to end without a signal. Each leaves a word in stdio's buffer, which some ways flush
 * and others do not.
 */
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static int status;

static int return_(int count, char **arguments)
{
	return number_at(count, arguments, 0);
}

static int exit_(int count, char **arguments)
{
	exit(number_at(count, arguments, 0));
}

static void *thread_that_exits(void *unused)
{
	(void)unused;
	exit(status);
}

static int exit_in_thread(int count, char **arguments)
{
	pthread_t thread;

	status = number_at(count, arguments, 0);
	pthread_create(&thread, NULL, thread_that_exits, NULL);
	pthread_join(thread, NULL);
	return 98;
}

static void handler_that_exits(void)
{
	exit(status);
}

static void handler_that__exits(void)
{
	_exit(status);
}

/*
 * POSIX leaves a second exit() undefined; glibc goes on with the handlers that are left, and the
 * last status counts.
 */
static int exit_in_atexit(int count, char **arguments)
{
	status = number_at(count, arguments, 0);
	atexit(handler_that_exits);
	return 98;
}

static int _exit_in_atexit(int count, char **arguments)
{
	status = number_at(count, arguments, 0);
	atexit(handler_that__exits);
	return 98;
}

static int pthread_exit_alone(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	pthread_exit(NULL);
}

static void *thread_that_outlives(void *unused)
{
	(void)unused;
	usleep(20 * 1000);
	return NULL;
}

static int pthread_exit_first(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	(void)arguments;
	pthread_create(&thread, NULL, thread_that_outlives, NULL);
	pthread_exit(NULL);
}

static void *thread_that_outlives_and_exits(void *unused)
{
	usleep(20 * 1000);
	return thread_that_exits(unused);
}

static int pthread_exit_then_exit(int count, char **arguments)
{
	pthread_t thread;

	status = number_at(count, arguments, 0);
	pthread_create(&thread, NULL, thread_that_outlives_and_exits, NULL);
	pthread_exit(NULL);
}

static int _exit_(int count, char **arguments)
{
	_exit(number_at(count, arguments, 0));
}

static void *thread_that__exits(void *unused)
{
	(void)unused;
	_exit(status);
}

static int _exit_in_thread(int count, char **arguments)
{
	pthread_t thread;

	status = number_at(count, arguments, 0);
	pthread_create(&thread, NULL, thread_that__exits, NULL);
	pthread_join(thread, NULL);
	return 98;
}

static int _Exit_(int count, char **arguments)
{
	_Exit(number_at(count, arguments, 0));
}

static void say_quick(void)
{
	puts("at_quick_exit");
	fflush(stdout);
}

static int quick_exit_(int count, char **arguments)
{
	at_quick_exit(say_quick);
	quick_exit(number_at(count, arguments, 0));
}

static int raw_exit(int count, char **arguments)
{
	syscall(SYS_exit_group, number_at(count, arguments, 0));
	return 98;
}

static void *thread_that_exits_too(void *barrier)
{
	pthread_barrier_wait(barrier);
	exit(3);
}

/* Whoever comes first, the status is 3. */
static int exit_in_many_threads(int count, char **arguments)
{
	pthread_barrier_t barrier;
	pthread_t thread;

	(void)count;
	(void)arguments;
	pthread_barrier_init(&barrier, NULL, 8);
	for (int i = 0; i < 8; i++)
		pthread_create(&thread, NULL, thread_that_exits_too, &barrier);
	pthread_join(thread, NULL);
	return 98;
}

static void say_two(int code, void *word)
{
	printf("%s %d\n", (const char *)word, code);
}

static void say_one(void)
{
	puts("atexit");
}

static int with_handlers(int count, char **arguments)
{
	static char word[] = "on_exit";

	atexit(say_one);
	on_exit(say_two, word);
	return number_at(count, arguments, 0);
}

static const struct act acts[] = {
	{"return", return_},
	{"exit", exit_},
	{"exit_in_thread", exit_in_thread},
	{"exit_in_atexit", exit_in_atexit},
	{"_exit_in_atexit", _exit_in_atexit},
	{"pthread_exit_alone", pthread_exit_alone},
	{"pthread_exit_first", pthread_exit_first},
	{"pthread_exit_then_exit", pthread_exit_then_exit},
	{"_exit", _exit_},
	{"_exit_in_thread", _exit_in_thread},
	{"_Exit", _Exit_},
	{"quick_exit", quick_exit_},
	{"raw_exit", raw_exit},
	{"exit_in_many_threads", exit_in_many_threads},
	{"with_handlers", with_handlers},
	{0},
};

int main(int argc, char **argv)
{
	printf("left in the buffer\n");
	return play(acts, argc, argv);
}
