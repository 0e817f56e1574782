/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_helper.h"

#include "core/base/clock.h"
#include "core/cli/run/run_launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 5

/* How long a helper may take to die of SIGKILL: one in a driver that hangs does not, and is left to
 * whoever reaps orphans. */
#define KILLED_MS 200

/* The helpers that have not been ended; pid 0: none, or it has been reaped. */
static struct helper helpers[HELPERS_MOST];
static size_t helper_count;

__attribute__((noreturn)) static void become_helper(
	int socket, const char *name, helper_task *task, const void *argument, bool keeps_error)
{
	const int own = STDERR_FILENO + 1;
	int null = open("/dev/null", O_RDWR);

	setsid();
	prctl(PR_SET_NAME, name);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!keeps_error)
		dup2(null, STDERR_FILENO);
	dup2(socket, own);
	fcntl(own, F_SETFD, FD_CLOEXEC);
	run_descriptors_close(own + 1, INT_MAX);
	task(own, argument);
	_exit(0);
}

int helper_start(struct helper *ret_helper, const char *name, helper_task *task,
	const void *argument, bool keeps_error)
{
	sigset_t all, before;
	int ends[2], error;
	pid_t pid;

	*ret_helper = (struct helper){0, -1};
	if (helper_count == HELPERS_MOST)
		return -EAGAIN;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	error = -errno;
	if (pid == 0)
		become_helper(ends[1], name, task, argument, keeps_error);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return error;
	}
	*ret_helper = (struct helper){pid, ends[0]};
	helpers[helper_count++] = *ret_helper;
	return 0;
}

void helper_send(int socket, const char *line)
{
	/* An empty packet would look like the end. */
	send(socket, line, strlen(line) + 1, MSG_NOSIGNAL);
}

bool helper_receive(const struct helper *helper, int64_t ms, char line[HELPER_LINE_SIZE])
{
	struct pollfd ready = {helper->socket, POLLIN, 0};
	ssize_t count = -1;

	if (helper->socket >= 0 && poll(&ready, 1, (int)ms) > 0)
		count = recv(helper->socket, line, HELPER_LINE_SIZE - 1, MSG_DONTWAIT);
	line[count > 0 ? count : 0] = '\0';
	return count > 0;
}

bool helper_is_over(const struct helper *helper)
{
	struct pollfd ready = {helper->socket, POLLIN, 0};

	return poll(&ready, 1, 0) > 0 && (ready.revents & POLLHUP) != 0;
}

void helper_finish(const struct helper *helper)
{
	if (helper->socket >= 0)
		shutdown(helper->socket, SHUT_WR);
}

static struct helper *registered(pid_t pid)
{
	for (size_t i = 0; i < helper_count; i++)
		if (helpers[i].pid == pid)
			return &helpers[i];
	return NULL;
}

/* Wait for PID until UNTIL_MS. Returns whether it is gone. */
static bool wait_for(pid_t pid, int64_t until_ms)
{
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (instant_mono_ms() >= until_ms)
			return false;
		poll(NULL, 0, LOOK_MS);
	}
	return true;
}

void helper_end(struct helper *helper, int64_t ms)
{
	struct helper *entry = helper->pid > 0 ? registered(helper->pid) : NULL;

	if (helper->socket >= 0)
		close(helper->socket);
	if (entry != NULL && !wait_for(helper->pid, instant_mono_ms() + ms)) {
		kill(helper->pid, SIGKILL);
		if (!wait_for(helper->pid, instant_mono_ms() + KILLED_MS))
			entry = NULL;
	}
	if (entry != NULL)
		*entry = helpers[--helper_count];
	*helper = (struct helper){0, -1};
}

bool helper_runs(const struct helper *helper)
{
	return helper->pid > 0 && registered(helper->pid) != NULL;
}

bool helper_reaped(pid_t pid)
{
	struct helper *entry = registered(pid);

	if (entry != NULL)
		*entry = helpers[--helper_count];
	return entry != NULL;
}

size_t helper_sockets(int *ret_sockets)
{
	for (size_t i = 0; i < helper_count; i++)
		ret_sockets[i] = helpers[i].socket;
	return helper_count;
}
