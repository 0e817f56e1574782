/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that make processes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

extern char **environ;
static volatile uintptr_t nowhere;
static const char *self;

static int say_wait(pid_t pid)
{
	int status = 0;
	pid_t waited = waitpid(pid, &status, 0);

	printf("child: %s %d\n",
		waited != pid	      ? "lost"
		: WIFSIGNALED(status) ? "signal"
				      : "exit",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return 0;
}

static int fork_exit(int count, char **arguments)
{
	pid_t pid = fork();

	if (!pid)
		exit(number_at(count, arguments, 0));
	return say_wait(pid);
}

static int fork__exit(int count, char **arguments)
{
	pid_t pid = fork();

	if (!pid)
		_exit(number_at(count, arguments, 0));
	return say_wait(pid);
}

/* The child returns from main as well. */
static int fork_return(int count, char **arguments)
{
	pid_t pid = fork();

	if (!pid)
		return number_at(count, arguments, 0);
	return say_wait(pid);
}

static int fork_crash(int count, char **arguments)
{
	pid_t pid = fork();

	(void)count;
	(void)arguments;
	if (!pid)
		*(volatile int *)nowhere = 1;
	return say_wait(pid);
}

static int fork_crash_both(int count, char **arguments)
{
	fork_crash(count, arguments);
	fflush(stdout);
	*(volatile int *)nowhere = 1;
	return 0;
}

/* The child dies in its parent's memory, while the parent's thread stands still. */
static int vfork_crash_both(int count, char **arguments)
{
	pid_t pid = vfork();

	(void)count;
	(void)arguments;
	if (!pid)
		*(volatile int *)nowhere = 1;
	say_wait(pid);
	fflush(stdout);
	*(volatile int *)nowhere = 1;
	return 0;
}

static int fork_kill(int count, char **arguments)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	kill(pid, number_at(count, arguments, 0));
	return say_wait(pid);
}

static pid_t kill_one(int signal)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	kill(pid, signal);
	return pid;
}

/* For a child that SIGNAL ends, with the status and without: what came of it, and of errno. */
static int wait_in_every_way(int count, char **arguments)
{
	int signal = number_at(count, arguments, 0), status = 0;
	struct rusage usage;
	siginfo_t info = {0};
	pid_t pid;

	pid = kill_one(signal);
	errno = 77;
	printf("wait %d", wait(&status) == pid);
	printf(" %d %d\n", status, errno);
	pid = kill_one(signal);
	printf("wait %d\n", wait(NULL) == pid);
	pid = kill_one(signal);
	printf("waitpid %d", waitpid(pid, &status, 0) == pid);
	printf(" %d\n", status);
	pid = kill_one(signal);
	printf("waitpid %d\n", waitpid(-1, NULL, 0) == pid);
	pid = kill_one(signal);
	printf("wait3 %d", wait3(&status, 0, &usage) == pid);
	printf(" %d\n", status);
	pid = kill_one(signal);
	printf("wait4 %d\n", wait4(pid, NULL, 0, NULL) == pid);
	pid = kill_one(signal);
	printf("waitid %d", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	printf(" %d %d %d\n", info.si_pid == pid, info.si_code, info.si_status);
	printf("waitid %d\n", waitid(P_ALL, 0, NULL, WEXITED));
	errno = 0;
	printf("none left: %d", waitpid(-1, &status, WNOHANG));
	printf(" %d\n", errno);
	return 0;
}

/* Each generation ends with its depth, after its child. */
static int fork_deep(int count, char **arguments)
{
	int depth = number_at(count, arguments, 0);

	for (int i = 0; i < depth; i++) {
		pid_t pid = fork();

		if (pid) {
			waitpid(pid, NULL, 0);
			return i;
		}
	}
	return depth;
}

static int fork_many(int count, char **arguments)
{
	int number = number_at(count, arguments, 0), ended = 0;

	for (int i = 0; i < number; i++)
		if (!fork())
			_exit(0);
	while (wait(NULL) > 0)
		ended++;
	printf("%d children\n", ended);
	return 0;
}

static int fork_exec(int count, char **arguments)
{
	pid_t pid = fork();

	(void)count;
	if (!pid) {
		execv(arguments[0], arguments);
		_exit(127);
	}
	return say_wait(pid);
}

/* The raw system call, which no wrapper sees. */
static int raw_fork_exit(int count, char **arguments)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(number_at(count, arguments, 0));
	return say_wait(pid);
}

/* Without the functions that were registered by pthread_atfork(). */
static int fork_only(int count, char **arguments)
{
	pid_t pid = _Fork();

	if (!pid)
		_exit(number_at(count, arguments, 0));
	return say_wait(pid);
}

static int vfork_exec(int count, char **arguments)
{
	pid_t pid = vfork();

	(void)count;
	if (!pid) {
		execv(arguments[0], arguments);
		_exit(127);
	}
	return say_wait(pid);
}

/* As a shell that finds the program in the second directory of PATH. */
static int vfork_walks(int count, char **arguments)
{
	pid_t pid = vfork();

	(void)count;
	if (!pid) {
		execl("/no/such/program", "program", (char *)NULL);
		execv(arguments[0], arguments);
		_exit(127);
	}
	return say_wait(pid);
}

/* As a shell or Python's subprocess walks through PATH. */
static int vfork_nowhere(int count, char **arguments)
{
	pid_t pid = vfork();

	(void)count;
	(void)arguments;
	if (!pid) {
		for (int i = 0; i < 5; i++)
			execl("/no/such/program", "program", (char *)NULL);
		_exit(errno == ENOENT ? 127 : 1);
	}
	return say_wait(pid);
}

static int vfork_many(int count, char **arguments)
{
	static int left;

	for (left = number_at(count, arguments, 0); left; left--) {
		pid_t pid = vfork();

		if (!pid)
			_exit(7);
		waitpid(pid, NULL, 0);
	}
	return 0;
}

static int spawn(int count, char **arguments)
{
	pid_t pid = 0;
	int error = posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ);

	(void)count;
	if (!error)
		return say_wait(pid);
	printf("posix_spawn: %s\n", strerror(error));
	return 0;
}

/* spawn.h of glibc 2.39 and newer. */
__attribute__((weak)) int pidfd_spawn(int *pidfd, const char *path,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const argv[], char *const envp[]);

/* An older libc has the two calls one by one. */
static int spawn_as_pidfd(int *pidfd, char **argv)
{
	pid_t pid = 0;
	int error;

	if (pidfd_spawn != NULL)
		return pidfd_spawn(pidfd, argv[0], NULL, NULL, argv, environ);
	error = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);
	if (error == 0)
		*pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return error;
}

static int spawn_pidfd(int count, char **arguments)
{
	siginfo_t info = {0};
	int pidfd = -1, error = spawn_as_pidfd(&pidfd, arguments);

	(void)count;
	if (error == 0 && waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) == 0)
		printf("%d %d\n", info.si_code, info.si_status);
	else
		printf("pidfd_spawn: %s\n", strerror(error));
	return 0;
}

static int system_(int count, char **arguments)
{
	(void)count;
	printf("system: %d\n", system(arguments[0]));
	return 0;
}

static int popen_(int count, char **arguments)
{
	FILE *file = popen(arguments[0], "re");
	char line[256];

	(void)count;
	while (fgets(line, sizeof line, file))
		printf("popen: %s", line);
	printf("pclose: %d\n", pclose(file));
	return 0;
}

/* Becomes what the arguments say, by the N-th of the exec family. */
static int exec(int count, char **arguments)
{
	int which = number_at(count, arguments, 0);
	char **argv = arguments + 1;

	if (which == 0)
		execv(argv[0], argv);
	if (which == 1)
		execve(argv[0], argv, environ);
	if (which == 2)
		execvp(argv[0], argv);
	if (which == 3)
		execl(argv[0], argv[0], argv[1], argv[2], (char *)NULL);
	if (which == 4)
		execlp(argv[0], argv[0], argv[1], argv[2], (char *)NULL);
	if (which == 5)
		execle(argv[0], argv[0], argv[1], argv[2], (char *)NULL, environ);
	if (which == 6)
		execvpe(argv[0], argv, environ);
	if (which == 7)
		execveat(AT_FDCWD, argv[0], argv, environ, 0);
	printf("exec: %s\n", strerror(errno));
	return 4;
}

/* Writes to a pipe that nobody reads. */
static void tell_nobody(void)
{
	int ends[2];

	if (pipe(ends) != 0 || close(ends[0]) != 0 || write(ends[1], "no", 2) < 0)
		exit(97);
}

/* An exec that fails, and then something else before the process returns 4, or ends otherwise. */
static int exec_goes_on(int count, char **arguments)
{
	(void)count;
	execl("/no/such/program", "program", (char *)NULL);
	if (strcmp(arguments[0], "waits") == 0) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	if (strcmp(arguments[0], "sleeps") == 0)
		usleep(1100000);
	if (strcmp(arguments[0], "aborts") == 0)
		abort();
	if (strcmp(arguments[0], "tells") == 0)
		tell_nobody();
	if (strcmp(arguments[0], "faults") == 0)
		*(volatile int *)8 = 1;
	return strcmp(arguments[0], "succeeds") == 0 ? 0 : 4;
}

/* Runs itself anew N times, each time as the same process. */
static int exec_chain(int count, char **arguments)
{
	char rest[16];
	int left = number_at(count, arguments, 0);

	if (!left)
		return 6;
	snprintf(rest, sizeof rest, "%d", left - 1);
	execl(self, self, "exec_chain", rest, (char *)NULL);
	return 98;
}

static const struct act acts[] = {
	{"fork_exit", fork_exit},
	{"fork__exit", fork__exit},
	{"fork_return", fork_return},
	{"fork_crash", fork_crash},
	{"fork_crash_both", fork_crash_both},
	{"vfork_crash_both", vfork_crash_both},
	{"fork_kill", fork_kill},
	{"wait_in_every_way", wait_in_every_way},
	{"fork_deep", fork_deep},
	{"fork_many", fork_many},
	{"fork_exec", fork_exec},
	{"fork_only", fork_only},
	{"raw_fork_exit", raw_fork_exit},
	{"vfork_exec", vfork_exec},
	{"vfork_walks", vfork_walks},
	{"vfork_nowhere", vfork_nowhere},
	{"vfork_many", vfork_many},
	{"spawn", spawn},
	{"spawn_pidfd", spawn_pidfd},
	{"system", system_},
	{"popen", popen_},
	{"exec", exec},
	{"exec_goes_on", exec_goes_on},
	{"exec_chain", exec_chain},
	{0},
};

int main(int argc, char **argv)
{
	self = argv[0];
	return play(acts, argc, argv);
}
