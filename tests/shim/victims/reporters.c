/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts with crash reporters, each in the way of a library that Debian has not, or is too large for
 * a test. */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static volatile uintptr_t nowhere;
static struct sigaction old_action;

static void say(const char *word)
{
	if (write(2, word, strlen(word)) < 0)
		_exit(97);
}

static void *fault(void *nothing)
{
	*(volatile int *)nowhere = 1;
	return nothing;
}

/* In the first thread, or in one of its own. */
static int crash(int count, char **arguments)
{
	pthread_t thread;

	if (count == 0)
		fault(NULL);
	if (!strcmp(arguments[0], "abort"))
		abort();
	pthread_create(&thread, NULL, fault, NULL);
	pthread_join(thread, NULL);
	return 0;
}

static void install(void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, &old_action);
	sigaction(SIGABRT, &action, NULL);
}

/* The dump, SIG_DFL, and the signal for the whole process: any thread may take it. */
static void dump_and_kill(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	say("*** dump ***\n");
	signal(number, SIG_DFL);
	kill(getpid(), number);
}

static int glog(int count, char **arguments)
{
	install(dump_and_kill, 0);
	return crash(count, arguments);
}

/* What was there before, and the signal again, which waits until the handler returns. */
static void dump_and_restore(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	say("*** dump ***\n");
	sigaction(number, &old_action, NULL);
	raise(number);
}

static int folly(int count, char **arguments)
{
	install(dump_and_restore, SA_ONSTACK);
	return crash(count, arguments);
}

/* The kernel has put SIG_DFL back, and the signal comes at once. */
static void dump_and_raise(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	say("*** dump ***\n");
	raise(info->si_signo);
	say("not dead\n");
	_exit(EXIT_FAILURE);
}

static int backward(int count, char **arguments)
{
	install(dump_and_raise, SA_ONSTACK | SA_NODEFER | (int)SA_RESETHAND);
	return crash(count, arguments);
}

/* A stack of its own for its handler, of the size that it thinks is enough. */
static int own_stack(int count, char **arguments)
{
	static char room[8192];
	stack_t stack = {.ss_sp = room, .ss_size = sizeof room};

	sigaltstack(&stack, NULL);
	install(dump_and_restore, SA_ONSTACK);
	return crash(count, arguments);
}

static void dump_and_exit(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	say("*** dump ***\n");
	_exit(42);
}

static int exits(int count, char **arguments)
{
	install(dump_and_exit, 0);
	return crash(count, arguments);
}

static const struct act acts[] = {
	{"glog", glog},
	{"folly", folly},
	{"backward", backward},
	{"own_stack", own_stack},
	{"exits", exits},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
