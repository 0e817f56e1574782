/* SPDX-License-Identifier: Apache-2.0 */
/* From the start of each act on the kernel maps no more memory for it. */
#include "tests/shim/victims/victim.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void forbid_memory(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_AS, &none);
	setrlimit(RLIMIT_DATA, &none);
}

static int play_fault(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	forbid_memory();
	*(volatile int *)16 = 1;
	return 0;
}

static int play_abort(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	forbid_memory();
	abort();
}

static int play_terminate(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	forbid_memory();
	raise(SIGTERM);
	return 0;
}

static int play_exit(int count, char **arguments)
{
	forbid_memory();
	exit(number_at(count, arguments, 0));
}

static int play_reap(int count, char **arguments)
{
	pid_t pid = fork();

	(void)count;
	(void)arguments;
	if (pid == 0)
		_exit(4);
	forbid_memory();
	return waitpid(pid, NULL, 0) != pid;
}

static const struct act acts[] = {
	{"fault", play_fault},
	{"abort", play_abort},
	{"terminate", play_terminate},
	{"exit", play_exit},
	{"reap", play_reap},
	{NULL, NULL},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
