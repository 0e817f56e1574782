/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_sentinel.h"

#include "core/base/proc.h"
#include "core/cli/run/run_launch.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long to wait for an answer. A stopped sentinel gives none, and has got no signal. */
#define ANSWER_MS 200

/* How often the sentinel checks whether a stopped command was continued. */
#define LOOK_MS 100

struct question {
	int signal; /* the signal that is asked about; 0: PID is the command */
	pid_t pid;  /* the sender; or the command, which has stopped (0: it was continued) */
};

/* The sentinel's own state. */
struct watch {
	int signals, socket;
	pid_t wrapper;
	pid_t command; /* the command for whose stop the wrapper has stopped; 0: there is none */
	pid_t senders[_NSIG]; /* who sent the last signal of each number; -1: nobody, since the
				 wrapper last asked about it */
};

/* Note the senders of all pending signals. */
static void read_signals(struct watch *watch)
{
	struct signalfd_siginfo info;

	while (read(watch->signals, &info, sizeof info) == (ssize_t)sizeof info)
		if (info.ssi_signo < _NSIG)
			watch->senders[info.ssi_signo] = (pid_t)info.ssi_pid;
}

static void answer(struct watch *watch, const struct question *question)
{
	bool saw;

	read_signals(watch);
	saw = watch->senders[question->signal] == question->pid;
	if (saw)
		watch->senders[question->signal] = -1;
	send(watch->socket, &saw, sizeof saw, MSG_NOSIGNAL);
}

/* Handle a message of the wrapper. Returns false when the wrapper is gone. */
static bool listen_to(struct watch *watch)
{
	struct question question;

	if (recv(watch->socket, &question, sizeof question, 0) != (ssize_t)sizeof question)
		return false;
	if (question.signal != 0)
		answer(watch, &question);
	else
		watch->command = question.pid;
	return true;
}

static void serve(struct watch *watch)
{
	struct pollfd ready[] = {{watch->signals, POLLIN, 0}, {watch->socket, POLLIN, 0}};

	for (;;) {
		poll(ready, 2, watch->command != 0 ? LOOK_MS : -1);
		read_signals(watch);
		if (ready[1].revents != 0 && !listen_to(watch))
			return;
		if (watch->command != 0 && !process_is_stopped(watch->command))
			kill(watch->wrapper, SIGCONT);
	}
}

static void become_sentinel(int socket, pid_t wrapper)
{
	struct watch watch = {.socket = STDERR_FILENO + 1, .wrapper = wrapper};
	sigset_t all;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != wrapper)
		_exit(0);
	prctl(PR_SET_NAME, "vigil-sentinel");
	dup2(socket, STDERR_FILENO + 1);
	run_descriptors_close(0, STDERR_FILENO);
	run_descriptors_close(STDERR_FILENO + 2, INT_MAX);
	for (int i = 0; i < _NSIG; i++)
		watch.senders[i] = -1;
	sigfillset(&all);
	watch.signals = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
	if (watch.signals >= 0)
		serve(&watch);
	_exit(0);
}

void sentinel_start(struct sentinel *ret_sentinel)
{
	pid_t wrapper = getpid();
	int ends[2];

	ret_sentinel->pid = 0;
	ret_sentinel->socket = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return;
	ret_sentinel->pid = fork();
	if (ret_sentinel->pid == 0)
		become_sentinel(ends[1], wrapper);
	close(ends[1]);
	ret_sentinel->socket = ends[0];
	if (ret_sentinel->pid < 0) {
		close(ends[0]);
		ret_sentinel->pid = 0;
	}
}

static bool ask(const struct sentinel *sentinel, const struct question *question)
{
	return sentinel->pid != 0 && send(sentinel->socket, question, sizeof *question,
					     MSG_NOSIGNAL) == (ssize_t)sizeof *question;
}

bool sentinel_saw(const struct sentinel *sentinel, int signal, pid_t sender)
{
	struct question question = {.signal = signal, .pid = sender};
	struct pollfd ready = {sentinel->socket, POLLIN, 0};
	bool saw;

	/* Drop an answer that came too late for an earlier question. */
	while (sentinel->pid != 0 && recv(sentinel->socket, &saw, sizeof saw, MSG_DONTWAIT) > 0)
		;
	if (!ask(sentinel, &question) || poll(&ready, 1, ANSWER_MS) != 1)
		return false;
	return recv(sentinel->socket, &saw, sizeof saw, MSG_DONTWAIT) == (ssize_t)sizeof saw && saw;
}

void sentinel_watch(const struct sentinel *sentinel, pid_t command)
{
	ask(sentinel, &(struct question){.pid = command});
}

void sentinel_end(struct sentinel *sentinel)
{
	if (sentinel->pid == 0)
		return;
	close(sentinel->socket);
	kill(sentinel->pid, SIGKILL);
	waitpid(sentinel->pid, NULL, 0);
	sentinel->pid = 0;
}
