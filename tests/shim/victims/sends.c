/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that send signals to others, in every way. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

int pidfd_send_signal(int pidfd, int number, siginfo_t *info, unsigned int flags);

/* A child that lives until it is ended, in a group of its own, and is there when this returns. */
static pid_t child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	setpgid(pid, pid);
	return pid;
}

static int descriptor_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int by_kill(pid_t pid, int number)
{
	return kill(pid, number);
}

static int by_group(pid_t pid, int number)
{
	return kill(-pid, number);
}

static int by_killpg(pid_t pid, int number)
{
	return killpg(pid, number);
}

static int by_tgkill(pid_t pid, int number)
{
	return tgkill(pid, pid, number);
}

static int by_sigqueue(pid_t pid, int number)
{
	return sigqueue(pid, number, (union sigval){.sival_int = 5});
}

static int by_pidfd(pid_t pid, int number)
{
	return pidfd_send_signal(descriptor_of(pid), number, NULL, 0);
}

static int by_call(pid_t pid, int number)
{
	return (int)syscall(SYS_kill, pid, number);
}

static int by_call_of_thread(pid_t pid, int number)
{
	return (int)syscall(SYS_tgkill, pid, pid, number);
}

static int by_call_of_pidfd(pid_t pid, int number)
{
	return (int)syscall(SYS_pidfd_send_signal, descriptor_of(pid), number, NULL, 0);
}

static const struct {
	const char *name;
	int (*send)(pid_t pid, int number);
} ways[] = {
	{"kill", by_kill},
	{"group", by_group},
	{"killpg", by_killpg},
	{"tgkill", by_tgkill},
	{"sigqueue", by_sigqueue},
	{"pidfd", by_pidfd},
	{"call", by_call},
	{"call_of_thread", by_call_of_thread},
	{"call_of_pidfd", by_call_of_pidfd},
};

/* One signal, by the way that is named first: what came of it, and of errno. */
static int by(int count, char **arguments)
{
	int number = number_at(count, arguments, 1), status = 0;
	pid_t pid = child();

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (!strcmp(ways[i].name, arguments[0])) {
			errno = 77;
			printf("%d", ways[i].send(pid, number));
			printf(" %d\n", errno);
		}
	if (number == SIGSTOP)
		kill(pid, SIGKILL);
	printf("%d", waitpid(pid, &status, 0) == pid);
	printf(" %d\n", status);
	return 0;
}

/* What ends nobody, what does not arrive, and what is its own affair. */
static int unreported(int count, char **arguments)
{
	static const int harmless[] = {0, SIGCHLD, SIGCONT, SIGWINCH, SIGURG, SIGTSTP, 99, -1};
	pid_t pid = child();

	(void)count;
	(void)arguments;
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
		errno = 0;
		printf("%d", kill(pid, harmless[i]));
		printf(" %d", errno);
		printf(" %d", tgkill(pid, pid, harmless[i]));
		printf(" %d\n", sigqueue(pid, harmless[i], (union sigval){0}));
	}
	signal(SIGUSR1, SIG_IGN);
	printf("%d %d %d\n", kill(getpid(), SIGUSR1), raise(SIGUSR1),
		tgkill(getpid(), getpid(), SIGUSR1));
	printf("%d", kill(INT_MIN, SIGTERM));
	printf(" %d\n", errno == ESRCH);
	printf("%d", kill(INT_MAX, SIGTERM));
	printf(" %d\n", errno == ESRCH);
	printf("%d", killpg(-7, SIGTERM));
	printf(" %d\n", errno == EINVAL);
	printf("%d", pidfd_send_signal(0, SIGTERM, NULL, 0));
	printf(" %d\n", errno == EBADF);
	kill(pid, SIGCONT);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}

/* To its own group, where it stands beside a child; the first argument is the signal, with a second
 * one it ignores it. */
static int own_group(int count, char **arguments)
{
	int number = number_at(count, arguments, 0);
	pid_t pid;

	setpgid(0, 0);
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	if (count > 1)
		signal(number, SIG_IGN);
	printf("%d\n", kill(0, number));
	printf("%d\n", waitpid(pid, NULL, 0) == pid);
	return 0;
}

/* To the group that it was started in. */
static int given_group(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	printf("%d\n", kill(0, SIGUSR1));
	return 0;
}

/* To everybody, who is few in a pid namespace of its own. */
static int everybody(int count, char **arguments)
{
	pid_t pid;

	(void)count;
	(void)arguments;
	if (getpid() != 1)
		return 98;
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	printf("%d\n", kill(-1, SIGTERM));
	printf("%d\n", waitpid(pid, NULL, 0) == pid);
	return 0;
}

static int again(int count, char **arguments)
{
	int times = number_at(count, arguments, 0), failed = 0;
	pid_t pid;

	signal(SIGUSR1, SIG_IGN);
	pid = child();
	for (int i = 0; i < times; i++)
		failed += kill(pid, SIGUSR1) != 0;
	kill(pid, SIGTERM);
	printf("%d %d\n", failed, waitpid(pid, NULL, 0) == pid);
	return 0;
}

/* To two in turn whose pids the preload takes for the same in its table: all of it looks new. */
static int in_turn(int count, char **arguments)
{
	int times = number_at(count, arguments, 0);
	pid_t first, second;

	signal(SIGUSR1, SIG_IGN);
	first = child();
	second = child();
	while ((second - first) % 256) {
		kill(second, SIGKILL);
		waitpid(second, NULL, 0);
		second = child();
	}
	for (int i = 0; i < times; i++)
		kill(i % 2 ? first : second, SIGUSR1);
	kill(first, SIGKILL);
	kill(second, SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}

/* A launcher's way: TERM to each, then KILL to each. */
static int launcher(int count, char **arguments)
{
	static pid_t pids[1000];
	int number = number_at(count, arguments, 0);

	signal(SIGTERM, SIG_IGN);
	for (int i = 0; i < number; i++)
		pids[i] = child();
	for (int i = 0; i < number; i++)
		kill(pids[i], SIGTERM);
	for (int i = 0; i < number; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}

static pid_t target;

static void send_it(int number)
{
	(void)number;
	kill(target, SIGTERM);
}

static int in_handler(int count, char **arguments)
{
	struct itimerval soon = {.it_value = {.tv_usec = 20000}};

	(void)count;
	(void)arguments;
	target = child();
	signal(SIGALRM, send_it);
	setitimer(ITIMER_REAL, &soon, NULL);
	printf("%d\n", waitpid(target, NULL, 0) == target);
	return 0;
}

/* A child in its parent's memory says nothing; a forked one does. */
static int in_child(int count, char **arguments)
{
	pid_t pid, first = child(), second = child();

	(void)count;
	(void)arguments;
	pid = vfork();
	if (pid == 0)
		_exit(kill(first, SIGTERM) == 0 ? 1 : 0);
	waitpid(pid, NULL, 0);
	pid = fork();
	if (pid == 0)
		_exit(kill(second, SIGTERM) == 0 ? 1 : 0);
	while (wait(NULL) > 0)
		;
	return 0;
}

static void *send_to_many(void *nothing)
{
	(void)nothing;
	for (int i = 0; i < 50; i++) {
		pid_t pid = child();

		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
	return NULL;
}

static int in_threads(int count, char **arguments)
{
	pthread_t threads[8];

	(void)count;
	(void)arguments;
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, send_to_many, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static pid_t child_that_dies(int number)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		kill(getpid(), number);
	}
	setpgid(pid, pid);
	return pid;
}

/* A launcher that notices the death of one of its three children, and kills all at once, twice. The
 * death is by the signal that is named first. */
static int kills_the_dead(int count, char **arguments)
{
	siginfo_t info;
	pid_t pids[3];

	for (int i = 0; i < 3; i++)
		pids[i] = i == 1 ? child_that_dies(number_at(count, arguments, 0)) : child();
	waitid(P_PID, (id_t)pids[1], &info, WEXITED | WNOWAIT);
	for (int turn = 0; turn < 2; turn++, usleep(20000))
		for (int i = 0; i < 3; i++)
			kill(-pids[i], SIGKILL);
	for (int i = 0; i < 3; i++)
		waitpid(pids[i], NULL, 0);
	return 0;
}

static void *lives_on(void *nothing)
{
	for (;;)
		pause();
	return nothing;
}

/* The child's first thread has ended, and another one lives. */
static int kills_the_living(int count, char **arguments)
{
	pthread_t thread;
	pid_t pid = fork();

	(void)count;
	(void)arguments;
	if (pid == 0) {
		pthread_create(&thread, NULL, lives_on, NULL);
		pthread_exit(NULL);
	}
	usleep(100000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}

static const struct act acts[] = {
	{"by", by},
	{"kills_the_dead", kills_the_dead},
	{"kills_the_living", kills_the_living},
	{"untold", unreported},
	{"own_group", own_group},
	{"given_group", given_group},
	{"everybody", everybody},
	{"again", again},
	{"in_turn", in_turn},
	{"launcher", launcher},
	{"in_handler", in_handler},
	{"in_child", in_child},
	{"in_threads", in_threads},
	{0},
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	return play(acts, argc, argv);
}
