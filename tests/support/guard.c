/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/guard.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static void exit_with_code(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	_exit(info->si_code);
}

static void *touch_guard(void *unused)
{
	pthread_attr_t attributes;
	void *lowest;
	size_t size;

	if (pthread_getattr_np(pthread_self(), &attributes) == 0 &&
		pthread_attr_getstack(&attributes, &lowest, &size) == 0)
		((volatile char *)lowest)[-1] = 1;
	return unused;
}

static void try(void)
{
	struct sigaction action = {.sa_sigaction = exit_with_code, .sa_flags = SA_SIGINFO};
	pthread_t thread;

	sigaction(SIGSEGV, &action, NULL);
	if (pthread_create(&thread, NULL, touch_guard, NULL) == 0)
		pthread_join(thread, NULL);
	_exit(0);
}

const char *guard_fault_code(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		try();
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return "";
	switch (WEXITSTATUS(status)) {
	case SEGV_MAPERR: return "SEGV_MAPERR";
	case SEGV_ACCERR: return "SEGV_ACCERR";
	default: return "";
	}
}
