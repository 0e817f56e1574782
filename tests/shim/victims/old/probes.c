/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that asks whether its libc has the newer functions, as those do that run on old and new
 * ones, and ends in the way that its argument names.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void on_signal(int number)
{
	printf("signal %d\n", number);
}

/* They are not declared: the names must not be needed. Without one, its system call. */
static int to_thread(pid_t pid, pid_t thread, int number)
{
	int (*function)(pid_t, pid_t, int) = dlsym(RTLD_DEFAULT, "tgkill");

	return function != NULL ? function(pid, thread, number)
				: (int)syscall(SYS_tgkill, pid, thread, number);
}

static int to_pidfd(int pidfd, int number)
{
	int (*function)(int, int, siginfo_t *, unsigned) = dlsym(RTLD_DEFAULT, "pidfd_send_signal");

	return function != NULL ? function(pidfd, number, NULL, 0)
				: (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	pid_t thread = (pid_t)syscall(SYS_gettid);
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	signal(SIGUSR1, on_signal);
	printf("%d\n", to_thread(getpid(), thread, SIGUSR1));
	printf("%d\n", to_thread(getpid(), thread, 1000) == -1 && errno == EINVAL);
	printf("%d\n", to_pidfd(pidfd, SIGUSR1));
	printf("%d\n", to_pidfd(-1, SIGUSR1) == -1 && errno == EBADF);
	fflush(stdout);
	if (strcmp(way, "abort") == 0)
		abort();
	if (strcmp(way, "fault") == 0)
		*(volatile int *)16 = 1;
	if (strcmp(way, "quick") == 0)
		quick_exit(4);
	return 3;
}
