/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_supervise.h"

#include "core/base/signal_table.h"
#include "core/cli/run/run_helper.h"
#include "core/cli/run/run_launch.h"
#include "core/cli/run/run_pidfd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How often, and at what interval, the sentinel is asked whether it has got a signal, too. */
#define LOOKS 5
#define LOOK_NS 10000000

/* How long a signal that ends the job is held back so that the ranks are looked at before. */
#define LAST_LOOK_MS 50

void supervision_begin(struct supervision *supervision, pid_t command)
{
	char link[32];
	struct process_stat stat;
	ssize_t length;

	supervision->command = command;
	supervision->comm[0] = supervision->exe[0] = '\0';
	snprintf(link, sizeof link, "/proc/%d/exe", command);
	length = readlink(link, supervision->exe, sizeof supervision->exe - 1);
	supervision->exe[length > 0 ? length : 0] = '\0';
	if (process_stat(command, &stat) == 0)
		memcpy(supervision->comm, stat.comm, sizeof supervision->comm);
}

/* Reap the zombie PID and report it, unless it is the sentinel or a helper. Returns its wait
 * status. */
static int on_end(const struct supervision *supervision, pid_t pid)
{
	struct rusage usage;
	struct ended_process ended = {.pid = pid,
		.at = instant_now(),
		.is_command = pid == supervision->command,
		.user = process_user(pid),
		.usage = &usage};

	if (process_stat(pid, &ended.stat) < 0)
		ended.stat.comm[0] = '\0';
	/* A zombie has no executable: it is that of the start, unless the comm has changed. */
	if (ended.is_command && strcmp(ended.stat.comm, supervision->comm) == 0 &&
		supervision->exe[0] != '\0')
		ended.exe = supervision->exe;
	while (wait4(pid, &ended.status, 0, &usage) < 0 && errno == EINTR)
		;
	if (pid == supervision->sentinel->pid)
		supervision->sentinel->pid = 0;
	else if (!helper_reaped(pid))
		monitor_reaped(supervision->monitor, &ended);
	return ended.status;
}

static bool is_from_process(const siginfo_t *info)
{
	return info->si_code <= 0 && info->si_pid != getpid();
}

static bool is_of_sentinel(const struct supervision *supervision, const siginfo_t *info)
{
	return is_from_process(info) && info->si_pid != 0 &&
	       info->si_pid == supervision->sentinel->pid;
}

static bool is_timer(int signal)
{
	return signal == SIGALRM || signal == SIGVTALRM || signal == SIGPROF;
}

/* Whether the whole process group, and so the command, has got the signal. A batch system signals
 * the processes of a job one by one, and may signal the sentinel after us. */
static bool group_got(const struct supervision *supervision, const siginfo_t *info)
{
	struct timespec pause = {0, LOOK_NS};

	for (int look = supervision->one_by_one ? LOOKS : 1;; nanosleep(&pause, NULL)) {
		if (sentinel_saw(supervision->sentinel, info->si_signo, info->si_pid))
			return true;
		if (--look == 0)
			return false;
	}
}

/* The command is where a signal to our process group reaches it: it may have a group of its own, as
 * timeout makes itself one. A sender such as timeout signals us, then our group: we see one signal,
 * of which the command would have got the first. */
static bool is_in_group(const struct supervision *supervision)
{
	return supervision->one_by_one || getpgid(supervision->command) == getpgrp();
}

/* SIGNAL asks a job to end. */
static bool ends_job(int signal)
{
	const uint64_t ends =
		SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGHUP) | SIGNAL_BIT(SIGQUIT);

	return signal_is_in(ends, signal);
}

/* The command, or its handler, sees us as the sender of a signal that we forward. */
static void report_sender(
	const struct supervision *supervision, const siginfo_t *info, const struct instant *at)
{
	if (is_from_process(info) && info->si_pid > 0 && ends_job(info->si_signo))
		agent_emit_sent(supervision->monitor->tracking.agent, supervision->command,
			info->si_signo, info->si_pid, at);
}

/* After SIGNAL, a SIGCONT, our process group was stopped: a SIGCONT that is forwarded now would
 * undo the command's stop. The kernel takes a SIGCONT away that the sentinel has not read by then,
 * so that it saw none. */
static bool is_stopped_since(int signal)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	return signal == SIGCONT &&
	       (sigismember(&pending, SIGTSTP) == 1 || sigismember(&pending, SIGTTIN) == 1 ||
		       sigismember(&pending, SIGTTOU) == 1);
}

/* The command has not got the signal: neither with its process group, nor from the terminal. */
static bool is_ours_alone(const struct supervision *supervision, const siginfo_t *info)
{
	if (!is_from_process(info))
		return is_timer(info->si_signo);
	return !(is_in_group(supervision) && group_got(supervision, info)) &&
	       !is_stopped_since(info->si_signo);
}

static void forward(const struct supervision *supervision, const siginfo_t *info)
{
	if (info->si_code == SI_QUEUE)
		sigqueue(supervision->command, info->si_signo, info->si_value);
	else
		kill(supervision->command, info->si_signo);
}

static void on_signal(const struct supervision *supervision, const siginfo_t *info)
{
	struct instant at = instant_now();

	if (is_of_sentinel(supervision, info))
		return;
	if (ends_job(info->si_signo))
		monitor_end_requested(supervision->monitor, 0);
	if (is_ours_alone(supervision, info)) {
		if (ends_job(info->si_signo))
			monitor_end_requested(supervision->monitor, LAST_LOOK_MS);
		forward(supervision, info);
	}
	report_sender(supervision, info, &at);
}

/* Whether a SIGCONT came from the sentinel although the command is stopped. The sentinel looks at
 * the command, then signals: in between, the command may have been continued and stopped anew. Such
 * a SIGCONT ends our stop, or discards the stop signal before we stop. */
static bool is_continued_too_late(const struct supervision *supervision)
{
	struct timespec none = {0, 0};
	siginfo_t info;
	sigset_t only;

	sigemptyset(&only);
	sigaddset(&only, SIGCONT);
	if (sigtimedwait(&only, &info, &none) != SIGCONT)
		return false;
	if (!is_of_sentinel(supervision, &info)) {
		on_signal(supervision, &info);
		return false;
	}
	return process_is_stopped(supervision->command);
}

/* Stop by SIGNAL, as the command did, until somebody continues us. In an orphaned process group the
 * kernel lets no process stop by a signal of the terminal: but then the command has not stopped,
 * either. */
static void stop_along(const struct supervision *supervision, int signal)
{
	struct sigaction before;
	sigset_t all;

	sentinel_watch(supervision->sentinel, supervision->command);
	sigaction(signal, NULL, &before);
	sigfillset(&all);
	do {
		run_take_signal(signal);
		sigprocmask(SIG_SETMASK, &all, NULL);
	} while (is_continued_too_late(supervision));
	sigaction(signal, &before, NULL);
	sentinel_watch(supervision->sentinel, 0);
}

/* Stop along with the command if PID is the command. Only the stop is waited for here: PID may have
 * terminated since, and the termination must stay for on_end(). */
static void on_stop(const struct supervision *supervision, pid_t pid)
{
	siginfo_t info = {.si_pid = 0};

	if (waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG) == 0 &&
		info.si_pid == supervision->command)
		stop_along(supervision, info.si_status);
}

/* Handle every child that has stopped or terminated by now. Returns true, and the command's status,
 * when the command has terminated. */
static bool on_children(const struct supervision *supervision, int *ret_status)
{
	bool over = false;
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) < 0 ||
			info.si_pid == 0)
			return over;
		if (info.si_code == CLD_STOPPED || info.si_code == CLD_TRAPPED) {
			on_stop(supervision, info.si_pid);
		} else if (info.si_pid == supervision->command) {
			*ret_status = on_end(supervision, info.si_pid);
			over = true;
		} else {
			on_end(supervision, info.si_pid);
		}
	}
}

/* Wait for the next signal. Returns false where none came. */
static bool next_signal(const struct supervision *supervision, siginfo_t *info)
{
	struct timespec none = {0, 0};
	sigset_t all;

	sigfillset(&all);
	if (monitor_wait(supervision->monitor))
		return sigtimedwait(&all, info, &none) > 0;
	return sigwaitinfo(&all, info) > 0;
}

/* The command has failed: wait a moment for the processes that terminate with it. SIGINT and
 * SIGQUIT end the wait, and stay pending for run_end_on_interrupt(); other signals are dropped. */
static void drain(const struct supervision *supervision)
{
	struct timespec none = {0, 0};
	sigset_t others, pending;
	int status;

	sigfillset(&others);
	sigdelset(&others, SIGINT);
	sigdelset(&others, SIGQUIT);
	while (monitor_drain(supervision->monitor)) {
		sigpending(&pending);
		if (sigismember(&pending, SIGINT) || sigismember(&pending, SIGQUIT))
			return;
		sigtimedwait(&others, NULL, &none);
		on_children(supervision, &status);
	}
}

int supervise(struct supervision *supervision)
{
	siginfo_t info;
	int status = 0;

	while (!on_children(supervision, &status))
		if (next_signal(supervision, &info) && info.si_signo != SIGCHLD)
			on_signal(supervision, &info);
	if (status != 0)
		drain(supervision);
	return status;
}
