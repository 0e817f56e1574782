/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_launch.h"

#include "core/base/number.h"
#include "core/base/signal_table.h"
#include "core/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void run_signals_hold(struct run_signals *ret_before)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &ret_before->mask);
	sigaction(SIGCHLD, &standard, &ret_before->child);
}

/* In a vfork child: execute PATH; on failure set *RET_ERROR and exit. */
static void become(const char *path, char *const *argv, const struct run_signals *before,
	volatile int *ret_error)
{
	run_exec(path, argv, before);
	*ret_error = errno;
	_exit(127);
}

void run_exec(const char *path, char *const *argv, const struct run_signals *before)
{
	sigaction(SIGCHLD, &before->child, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
	execvp(path, argv); /* PATH has a slash: no search, but a script without "#!" goes to sh */
}

pid_t run_launch(
	const char *path, char *const *argv, const struct run_signals *before, bool *ret_forked)
{
	volatile int error = 0;
	pid_t pid = vfork();

	if (pid == 0)
		become(path, argv, before, &error);
	*ret_forked = pid > 0;
	if (pid < 0)
		return -errno;
	if (error > 0)
		waitpid(pid, NULL, 0);
	return error > 0 ? -error : pid;
}

static void become_null(int fd, int flags)
{
	int null = open("/dev/null", flags | O_CLOEXEC);

	if (null >= 0 && null != fd) {
		dup2(null, fd);
		close(null);
	}
}

void run_descriptors_close(int first, int last)
{
	if (last < first || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	for (int fd = first; fd <= last && fd < sysconf(_SC_OPEN_MAX); fd++)
		close(fd);
}

void run_descriptors_hold(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int run_launcher_socket(void)
{
	const char *name = getenv("PMI_FD");
	int64_t number;
	struct stat file;

	if (name == NULL || !number_parse(name, &number) || number <= STDERR_FILENO ||
		number > INT_MAX || fstat((int)number, &file) < 0 || !S_ISSOCK(file.st_mode))
		return -1;
	return (int)number;
}

static int compare_descriptors(const void *one, const void *other)
{
	return *(const int *)one - *(const int *)other;
}

void run_descriptors_release(bool need_output, bool need_error, int *keep, size_t count)
{
	int next = STDERR_FILENO + 1;

	become_null(STDIN_FILENO, O_RDONLY);
	if (!need_output)
		become_null(STDOUT_FILENO, O_WRONLY);
	if (!need_error)
		become_null(STDERR_FILENO, O_WRONLY);
	qsort(keep, count, sizeof *keep, compare_descriptors);
	for (size_t i = 0; i < count; i++)
		if (keep[i] >= next) {
			run_descriptors_close(next, keep[i] - 1);
			next = keep[i] + 1;
		}
	run_descriptors_close(next, INT_MAX);
}

static int interrupted_status;

void run_take_signal(int signal)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t only;

	sigaction(signal, &standard, NULL);
	raise(signal);
	sigemptyset(&only);
	sigaddset(&only, signal);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
}

void run_end(int status)
{
	struct rlimit none = {0, 0};

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0); /* a core_pattern with a pipe ignores the limit */
	run_take_signal(WTERMSIG(status));
	/* The init process of a pid namespace cannot die of a signal of its own. */
	_exit(signal_to_status(WTERMSIG(status)));
}

static void on_interrupt(int signal)
{
	(void)signal;
	run_end(interrupted_status);
}

void run_end_on_interrupt(int status)
{
	struct sigaction action = {.sa_handler = on_interrupt};
	sigset_t interrupts;

	interrupted_status = status;
	sigfillset(&action.sa_mask);
	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGINT);
	sigaddset(&interrupts, SIGQUIT);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGQUIT, &action, NULL);
	sigprocmask(SIG_UNBLOCK, &interrupts, NULL);
}
