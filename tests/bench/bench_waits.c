/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cost of waiting for a child, of sending a signal and of every other call that the preload
 * stands before and that returns, as medians over rounds in which a bare and a watched process take
 * turns. Each runs this program again, as one of the acts below.
 *
 * usage: bench_waits ROUNDS VIGIL_PRELOAD RUN_DIRECTORY
 *        bench_waits ACT
 */
#include "tests/bench/measure.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX 1000
#define VARIABLE_SIZE 4096
#define TIMES 400 /* a round */

static pid_t other;

/* A child that has ended and reported nothing. */
static pid_t dead_child(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static double wait_alone(void)
{
	double spent = 0;

	for (int i = 0; i < TIMES; i++) {
		pid_t pid = dead_child();
		double start = measure_now_us();

		waitpid(pid, NULL, 0);
		spent += measure_now_us() - start;
	}
	return spent;
}

/* The child reports its INIT and its end, too. */
static double fork_and_wait(void)
{
	double start = measure_now_us();

	for (int i = 0; i < TIMES; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	return measure_now_us() - start;
}

static double send(int number)
{
	double start = measure_now_us();

	for (int i = 0; i < TIMES; i++)
		kill(other, number);
	return measure_now_us() - start;
}

static double send_ignored(void)
{
	return send(SIGUSR1);
}

static double send_nothing(void)
{
	return send(0);
}

/* Each one is news. */
static double send_news(void)
{
	pid_t pids[TIMES];
	double start;

	for (int i = 0; i < TIMES; i++)
		pids[i] = dead_child();
	start = measure_now_us();
	for (int i = 0; i < TIMES; i++)
		kill(pids[i], SIGTERM);
	start = measure_now_us() - start;
	while (wait(NULL) > 0)
		;
	return start;
}

/* Two signals to a child that was sent none before; what is reported it is reported by the wait. */
static double send_twice(int (*first)(pid_t), int (*second)(pid_t))
{
	double spent = 0;

	setpgid(0, 0);
	signal(SIGTERM, SIG_IGN);
	for (int i = 0; i < TIMES; i++) {
		pid_t pid = dead_child();
		double start;

		setpgid(pid, pid);
		start = measure_now_us();
		first(pid);
		second(pid);
		spent += measure_now_us() - start;
		waitpid(pid, NULL, 0);
	}
	return spent;
}

static int to_child(pid_t pid)
{
	return kill(pid, SIGTERM);
}

static int to_group(pid_t pid)
{
	return kill(-pid, SIGTERM);
}

static int to_own_group(pid_t pid)
{
	(void)pid;
	return kill(0, SIGTERM);
}

static double send_to_child_twice(void)
{
	return send_twice(to_child, to_child);
}

static double send_to_child_and_group(void)
{
	return send_twice(to_child, to_group);
}

static double send_to_child_and_own_group(void)
{
	return send_twice(to_child, to_own_group);
}

static double send_to_pidfd_twice(void)
{
	double spent = 0;

	for (int i = 0; i < TIMES; i++) {
		pid_t pid = dead_child();
		int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		double start = measure_now_us();

		for (int j = 0; j < 2; j++)
			syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
		spent += measure_now_us() - start;
		close(pidfd);
		waitpid(pid, NULL, 0);
	}
	return spent;
}

static double repeat(void (*call)(void))
{
	double start = measure_now_us();

	for (int i = 0; i < TIMES; i++)
		call();
	return measure_now_us() - start;
}

static void one_wait(void)
{
	if (waitpid(other, NULL, WNOHANG) != 0)
		exit(1);
}

static void one_signal(void)
{
	signal(SIGTERM, SIG_IGN);
}

static void one_sigaction(void)
{
	static const struct sigaction action = {.sa_handler = SIG_DFL};

	sigaction(SIGTERM, &action, NULL);
}

static void one_prctl(void)
{
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void one_syscall(void)
{
	syscall(SYS_getppid);
}

static void one_sigaltstack(void)
{
	stack_t stack;

	sigaltstack(NULL, &stack);
}

static void one_poll(void)
{
	poll(NULL, 0, 0);
}

static void one_read(void)
{
	char byte;

	if (read(-1, &byte, 1) == 0)
		exit(1);
}

static double wait_for_none(void)
{
	return repeat(one_wait);
}

static double set_signal(void)
{
	return repeat(one_signal);
}

static double set_action(void)
{
	return repeat(one_sigaction);
}

static double set_dumpable(void)
{
	return repeat(one_prctl);
}

static double call_system(void)
{
	return repeat(one_syscall);
}

static double ask_stack(void)
{
	return repeat(one_sigaltstack);
}

static double poll_nothing(void)
{
	return repeat(one_poll);
}

static double read_nothing(void)
{
	return repeat(one_read);
}

static double write_much(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	double start = measure_now_us();

	for (int i = 0; i < TIMES; i++)
		if (write(fd, "x", 1) != 1)
			exit(1);
	return measure_now_us() - start;
}

static const struct {
	const char *name, *sentence;
	double (*run)(void);
	int needs_other;
} acts[] = {
	{"wait", "waitpid() of a dead child", wait_alone, 0},
	{"fork", "fork(), _exit() and waitpid()", fork_and_wait, 0},
	{"usr1", "kill(), the same again and again", send_ignored, 1},
	{"news", "kill(), another child each time", send_news, 0},
	{"zero", "kill() of signal 0", send_nothing, 1},
	{"twice", "kill() and kill() of a child", send_to_child_twice, 0},
	{"group", "kill() of a child and of its group", send_to_child_and_group, 0},
	{"own_group", "kill() of a child and of its own group", send_to_child_and_own_group, 0},
	{"pidfd", "pidfd_send_signal(), twice", send_to_pidfd_twice, 0},
	{"nohang", "waitpid() with WNOHANG of one that runs", wait_for_none, 1},
	{"signal", "signal()", set_signal, 0},
	{"sigaction", "sigaction()", set_action, 0},
	{"altstack", "sigaltstack()", ask_stack, 0},
	{"prctl", "prctl()", set_dumpable, 0},
	{"syscall", "syscall()", call_system, 0},
	{"poll", "poll() of nothing", poll_nothing, 0},
	{"read", "read() that fails", read_nothing, 0},
	{"write", "write() of a byte to /dev/null", write_much, 0},
};
#define ACTS (sizeof acts / sizeof *acts)

static int act(const char *name)
{
	for (size_t i = 0; i < ACTS; i++) {
		if (strcmp(acts[i].name, name) != 0)
			continue;
		signal(SIGUSR1, SIG_IGN);
		other = acts[i].needs_other ? fork() : -1;
		while (other == 0)
			pause();
		printf("%f\n", acts[i].run() / TIMES);
		if (other > 0)
			kill(other, SIGKILL);
		return 0;
	}
	return 2;
}

static char *self;
static char preload[VARIABLE_SIZE], directory[VARIABLE_SIZE];

/* Microseconds, as the process printed them. */
static double run_once(const char *name, int watched)
{
	char *argv[] = {self, (char *)name, NULL}, *bare[] = {NULL};
	char *environment[] = {preload, directory, NULL};
	posix_spawn_file_actions_t actions;
	char line[64] = "";
	int ends[2];
	pid_t pid;

	if (pipe(ends) != 0)
		exit(1);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	if (posix_spawn(&pid, self, &actions, NULL, argv, watched ? environment : bare) != 0)
		exit(1);
	close(ends[1]);
	waitpid(pid, NULL, 0);
	if (read(ends[0], line, sizeof line - 1) < 1)
		exit(1);
	close(ends[0]);
	posix_spawn_file_actions_destroy(&actions);
	return strtod(line, NULL);
}

static void compare(size_t which, int rounds)
{
	static double samples[2][ROUNDS_MAX];
	double bare, watched;

	for (int round = 0; round < rounds; round++)
		for (int is_watched = 0; is_watched < 2; is_watched++)
			samples[is_watched][round] = run_once(acts[which].name, is_watched);
	bare = measure_median(samples[0], rounds);
	watched = measure_median(samples[1], rounds);
	printf("%-40s %10.2f %10.2f %+10.2f\n", acts[which].sentence, bare, watched,
		watched - bare);
}

int main(int argc, char **argv)
{
	int rounds = argc == 4 ? atoi(argv[1]) : 0;

	self = argv[0];
	if (argc == 2)
		return act(argv[1]);
	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_waits ROUNDS VIGIL DIRECTORY\n");
		return 2;
	}
	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", argv[2]);
	snprintf(directory, sizeof directory, "VIGIL_DIR=%s", argv[3]);
	printf("%-40s %10s %10s %10s   (us, medians of %d)\n", "children and signals", "bare",
		"watched", "over bare", rounds);
	for (size_t i = 0; i < ACTS; i++)
		compare(i, rounds);
	return 0;
}
