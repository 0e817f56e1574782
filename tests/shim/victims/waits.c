/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that wait for their children, in every way. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static void nap(long microseconds)
{
	struct timespec moment = {.tv_nsec = microseconds * 1000};

	nanosleep(&moment, NULL);
}

/* The N-th kind of end. */
static void end_somehow(int n)
{
	static volatile int *nowhere;

	switch (n % 9) {
	case 0: _exit(0);
	case 1: exit(3);
	case 2: _exit(n % 256);
	case 3: raise(SIGTERM); break;
	case 4: *nowhere = 1; break;
	case 5: abort();
	case 6: raise(SIGKILL); break;
	case 7: syscall(SYS_exit_group, 9); break;
	default: execl("/bin/true", "true", (char *)NULL);
	}
	_exit(99);
}

static int status_of(const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		return info->si_status << 8;
	return info->si_status | (info->si_code == CLD_DUMPED ? 0x80 : 0);
}

/* Some child that has ended, by the N-th of the family; 0: there is none any more. */
static pid_t wait_somehow(int n, int *status, struct rusage *usage)
{
	siginfo_t info = {0};

	switch (n % 5) {
	case 0: return wait(status);
	case 1: return waitpid(-1, status, 0);
	case 2: return wait3(status, 0, usage);
	case 3: return wait4(-1, status, 0, usage);
	default:
		if (waitid(P_ALL, 0, &info, WEXITED) != 0)
			return -1;
		*status = status_of(&info);
		return info.si_pid;
	}
}

/* "pid status KiB" a line, of all that end; KiB is -1 where it was not asked for. */
static void say_all(void)
{
	for (int n = 0;; n++) {
		struct rusage usage = {.ru_maxrss = -1};
		int status = 0;
		pid_t pid = wait_somehow(n, &status, &usage);
		char line[64];

		if (pid <= 0)
			return;
		if (write(1, line,
			    (size_t)snprintf(line, sizeof line, "%d %d %ld\n", pid, status,
				    usage.ru_maxrss)) < 0)
			return;
	}
}

/* A child that makes children, kills one of them, and ends like all others. */
static void branch(int n, int leaves)
{
	pid_t last = 0;

	for (int i = 0; i < leaves; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (i % 10 == 9)
				pause();
			end_somehow(n + i);
		}
		if (i % 10 == 9)
			last = pid;
		if (last && i % 7 == 0)
			nap((n + i) % 300);
		if (i % 10 == 9)
			kill(pid, SIGKILL);
	}
	say_all();
	end_somehow(n);
}

/* As many branches, as many leaves on each. */
static int tree(int count, char **arguments)
{
	int branches = number_at(count, arguments, 0), leaves = number_at(count, arguments, 1);

	for (int n = 0; n < branches; n++)
		if (fork() == 0)
			branch(n, leaves);
	say_all();
	return 0;
}

static pid_t child_that(int code)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(code);
	return pid;
}

/* One that reports nothing. */
static pid_t silent_child_that(int code)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(code);
	return pid;
}

/* What is no end, or leaves the child there. */
static int no_ends(int count, char **arguments)
{
	siginfo_t info = {0};
	int status = 0;
	pid_t pid = fork();

	(void)count;
	(void)arguments;
	if (pid == 0)
		for (;;)
			pause();
	printf("nothing yet: %d\n", waitpid(pid, &status, WNOHANG));
	printf("nothing yet: %d", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG));
	printf(" %d\n", info.si_pid);
	kill(pid, SIGSTOP);
	printf("stopped: %d", waitpid(pid, &status, WUNTRACED) == pid);
	printf(" %d\n", WIFSTOPPED(status));
	kill(pid, SIGCONT);
	printf("goes on: %d", waitpid(pid, &status, WCONTINUED) == pid);
	printf(" %d\n", WIFCONTINUED(status));
	kill(pid, SIGSTOP);
	printf("stopped: %d", waitid(P_PID, (id_t)pid, &info, WSTOPPED));
	printf(" %d\n", info.si_code == CLD_STOPPED);
	kill(pid, SIGKILL);
	for (int i = 0; i < 3; i++)
		printf("looked at: %d\n", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	printf("taken away: %d", waitid(P_PID, (id_t)pid, NULL, WEXITED));
	printf(" %d %d\n", waitpid(pid, &status, 0), errno == ECHILD);
	return 0;
}

static int pidfd(int count, char **arguments)
{
	siginfo_t info = {0};
	pid_t pid = child_that(4);
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	(void)count;
	(void)arguments;
	printf("%d", waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED));
	printf(" %d %d\n", info.si_pid == pid, info.si_status);
	return 0;
}

/* The kernel takes them away itself. */
static int nobody_waits(int count, char **arguments)
{
	int status = 0;

	(void)count;
	(void)arguments;
	signal(SIGCHLD, SIG_IGN);
	child_that(0);
	printf("%d", waitpid(-1, &status, 0));
	printf(" %d\n", errno == ECHILD);
	return 0;
}

static void do_nothing(int number)
{
	(void)number;
}

static int interrupted(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = do_nothing};
	struct itimerval soon = {.it_value = {.tv_usec = 20000}};
	int status = 0;
	pid_t pid = fork();

	(void)count;
	(void)arguments;
	if (pid == 0)
		for (;;)
			pause();
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	printf("%d", waitpid(pid, &status, 0));
	printf(" %d\n", errno == EINTR);
	kill(pid, SIGTERM);
	printf("%d", waitpid(pid, &status, 0) == pid);
	printf(" %d\n", WTERMSIG(status));
	return 0;
}

static volatile sig_atomic_t reaped;

static void reap(int number)
{
	int error = errno;

	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		reaped++;
	errno = error;
}

/* In a handler that may come at any time, also while the main program waits. */
static int in_handler(int count, char **arguments)
{
	int number = number_at(count, arguments, 0), waited = 0;
	struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART | SA_NODEFER};

	sigaction(SIGCHLD, &action, NULL);
	for (int i = 0; i < number; i++) {
		child_that(0);
		waited += wait(NULL) > 0;
	}
	while (wait(NULL) > 0)
		waited++;
	printf("%d\n", waited + reaped);
	return 0;
}

static void *fork_and_wait(void *times)
{
	for (int i = 0; i < *(int *)times; i++) {
		pid_t pid = silent_child_that(1);

		if (waitpid(pid, NULL, 0) != pid)
			return (void *)1;
	}
	return NULL;
}

static int in_threads(int count, char **arguments)
{
	int times = number_at(count, arguments, 0);
	pthread_t threads[16];
	void *result;

	for (int i = 0; i < 16; i++)
		pthread_create(&threads[i], NULL, fork_and_wait, &times);
	for (int i = 0; i < 16; i++) {
		pthread_join(threads[i], &result);
		printf("%d", result != NULL);
	}
	printf("\n");
	return 0;
}

static sigjmp_buf begin;

static void jump(int number)
{
	(void)number;
	siglongjmp(begin, 1);
}

/* A handler that jumps away from a wait, or from what lies behind it; then ten children more. */
static int jumps(int count, char **arguments)
{
	static volatile int round, waited;
	struct itimerval often = {.it_interval = {.tv_usec = 150}, .it_value = {.tv_usec = 150}};
	struct itimerval never = {.it_value = {.tv_usec = 0}};

	(void)count;
	(void)arguments;
	signal(SIGALRM, jump);
	sigsetjmp(begin, 1);
	setitimer(ITIMER_REAL, &often, NULL);
	while (round++ < 500) {
		silent_child_that(5);
		waitpid(-1, NULL, WNOHANG);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < 10; i++) {
		child_that(6);
		waited += wait(NULL) > 0;
	}
	printf("%d\n", waited);
	return 0;
}

/* vfork's child waits in vain: it has the memory of its parent, but not its children. */
static int in_vfork(int count, char **arguments)
{
	pid_t pid = child_that(2), other;

	(void)count;
	(void)arguments;
	other = vfork();
	if (other == 0)
		_exit(wait(NULL) == -1 && errno == ECHILD ? 1 : 0);
	printf("%d", waitpid(pid, NULL, 0) == pid);
	printf(" %d\n", waitpid(other, NULL, 0) == other);
	return 0;
}

static void *wait_for_ever(void *pid)
{
	waitpid(*(pid_t *)pid, NULL, 0);
	return NULL;
}

static int cancelled(int count, char **arguments)
{
	pid_t pid = fork();
	pthread_t thread;
	void *result = NULL;

	(void)count;
	(void)arguments;
	if (pid == 0)
		for (;;)
			pause();
	pthread_create(&thread, NULL, wait_for_ever, &pid);
	nap(10000);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	kill(pid, SIGTERM);
	printf("%d %d\n", result == PTHREAD_CANCELED, waitpid(pid, NULL, 0) == pid);
	return 0;
}

/* As a debugger waits: what is reported there would be a thread. */
static int any_task(int count, char **arguments)
{
	pid_t pid = child_that(2);

	(void)count;
	(void)arguments;
	printf("%d\n", waitpid(pid, NULL, __WALL) == pid);
	return 0;
}

static const struct act acts[] = {
	{"tree", tree},
	{"no_ends", no_ends},
	{"pidfd", pidfd},
	{"nobody_waits", nobody_waits},
	{"interrupted", interrupted},
	{"in_handler", in_handler},
	{"in_threads", in_threads},
	{"jumps", jumps},
	{"in_vfork", in_vfork},
	{"cancelled", cancelled},
	{"any_task", any_task},
	{0},
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	return play(acts, argc, argv);
}
