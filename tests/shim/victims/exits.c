/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exits below a function of their own, and what ranks say to their launchers on PMI_FD, here a pipe
 * that this process reads itself.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

#define DESCRIPTOR 9

/* Each call stays a call: its caller is in the stack. */
#define DEEP __attribute__((noinline))

static volatile int status;
static const void *volatile nowhere = (const void *)8;

static DEEP void give_up(void)
{
	exit(status);
}

static DEEP void give_up_at_once(void)
{
	_exit(status);
}

static DEEP void give_up_quickly(void)
{
	quick_exit(status);
}

static int exit_(int count, char **arguments)
{
	status = number_at(count, arguments, 0);
	give_up();
	return 98;
}

static int _exit_(int count, char **arguments)
{
	status = number_at(count, arguments, 0);
	give_up_at_once();
	return 98;
}

static int quick_exit_(int count, char **arguments)
{
	status = number_at(count, arguments, 0);
	give_up_quickly();
	return 98;
}

static void *thread_that_gives_up(void *unused)
{
	give_up();
	return unused;
}

static void *thread_that_gives_up_at_once(void *unused)
{
	usleep(50000); /* until the first thread waits */
	give_up_at_once();
	return unused;
}

static int exit_in_thread(int count, char **arguments)
{
	pthread_t thread;

	status = number_at(count, arguments, 0);
	pthread_create(&thread, NULL, thread_that_gives_up, NULL);
	pthread_join(thread, NULL);
	return 98;
}

/* The first thread would notice a stop. */
static int exit_beside_epoll(int count, char **arguments)
{
	struct epoll_event event;
	int epoll = epoll_create1(0);
	pthread_t thread;

	status = number_at(count, arguments, 0);
	pthread_create(&thread, NULL, thread_that_gives_up_at_once, NULL);
	epoll_wait(epoll, &event, 1, -1);
	printf("the first thread goes on\n");
	return 98;
}

/* Somebody ends what cleans up. */
static void clean_up_slowly(void)
{
	if (fork() == 0) {
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	for (;;)
		pause();
}

static int exit_slowly(int count, char **arguments)
{
	atexit(clean_up_slowly);
	return exit_(count, arguments);
}

static int return_(int count, char **arguments)
{
	return number_at(count, arguments, 0);
}

static void open_pair(int descriptor, int is_socket)
{
	int ends[2];

	if ((is_socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends)) < 0 ||
		dup2(ends[1], descriptor) < 0)
		exit(97);
	close(ends[1]);
}

static DEEP void ask_for_the_end(int descriptor, const char *command)
{
	printf("%zd\n", write(descriptor, command, strlen(command)));
	fflush(stdout);
}

/* DESCRIPTOR COMMAND [SIGNAL|-STATUS] */
static int say_in(int is_socket, int count, char **arguments)
{
	int then = number_at(count, arguments, 2), descriptor = number_at(count, arguments, 0);

	open_pair(descriptor, is_socket);
	ask_for_the_end(descriptor, arguments[1]);
	if (then > 0)
		raise(then);
	return -then;
}

static int say(int count, char **arguments)
{
	return say_in(getenv("PMI_PORT") != NULL, count, arguments);
}

static int say_in_pipe(int count, char **arguments)
{
	return say_in(0, count, arguments);
}

static int from_nowhere(int count, char **arguments)
{
	(void)count, (void)arguments;
	open_pair(DESCRIPTOR, 0);
	errno = 0;
	printf("%zd", write(DESCRIPTOR, nowhere, 64));
	printf(" %d\n", errno);
	return 0;
}

static const struct act acts[] = {
	{"exit", exit_},
	{"_exit", _exit_},
	{"quick_exit", quick_exit_},
	{"exit_in_thread", exit_in_thread},
	{"exit_beside_epoll", exit_beside_epoll},
	{"exit_slowly", exit_slowly},
	{"return", return_},
	{"say", say},
	{"say_in_pipe", say_in_pipe},
	{"from_nowhere", from_nowhere},
	{NULL, NULL},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
