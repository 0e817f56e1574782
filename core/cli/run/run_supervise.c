/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_supervise.h"

#include "core/report/unwatched_text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * The comm of the preload's helper for stack traces, which works for a process that dies. It
 * outlives that one only if that is killed meanwhile, and is no process of the job.
 */
#define TRACER "vigil-tracer"

/* How often, and how far apart, it is asked whether the others have got a signal, too. */
#define LOOKS 5
#define LOOK_NS 10000000

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

/*
 * Stop by SIGNAL, as the command did, until somebody continues us. In a group without a shell above
 * it the kernel lets nobody stop by a signal of the terminal; then the command did not, either.
 */
static void stop_along(const struct supervision *supervision, int signal)
{
	struct sigaction standard = {.sa_handler = SIG_DFL}, before;
	sigset_t only;

	sentinel_watch(supervision->sentinel, supervision->command);
	sigaction(signal, &standard, &before);
	raise(signal);
	sigemptyset(&only);
	sigaddset(&only, signal);
	sigprocmask(SIG_UNBLOCK, &only, NULL); /* stops here */
	sigprocmask(SIG_BLOCK, &only, NULL);
	sigaction(signal, &before, NULL);
	sentinel_rest(supervision->sentinel);
}

/* Only a stop is taken in here: PID may have died since, and that must be reported. */
static void on_stop(const struct supervision *supervision, pid_t pid)
{
	siginfo_t info = {.si_pid = 0};

	if (waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG) == 0 &&
		info.si_pid == supervision->command)
		stop_along(supervision, info.si_status);
}

/* Report the child or orphan ENDED, unless it was none of the job. */
static void emit(const struct supervision *supervision, struct ended *ended)
{
	const struct run_directory *rundir = supervision->rundir;
	struct known known;
	bool loaded = supervision->loaded &&
		      !(ended->is_command && unwatched_any(rundir->absolute, rundir->run_id));

	monitor_fill(supervision->monitor, ended, loaded, &known);
	if (strcmp(ended->stat.comm, TRACER) != 0)
		agent_emit(supervision->agent, ended);
}

/* PID is dead and not yet reaped. Returns its wait status. */
static int on_end(const struct supervision *supervision, pid_t pid)
{
	struct rusage usage;
	struct ended ended = {.pid = pid,
		.at = instant_now(),
		.is_command = pid == supervision->command,
		.usage = &usage};

	ended.user = user_of_process(pid);
	if (process_stat(pid, &ended.stat) < 0)
		ended.stat.comm[0] = '\0';
	if (ended.is_command && strcmp(ended.stat.comm, supervision->comm) == 0 &&
		supervision->exe[0] != '\0')
		ended.exe = supervision->exe; /* a zombie has none: this was its program unless it
						 changed since */
	while (wait4(pid, &ended.status, 0, &usage) < 0 && errno == EINTR)
		;
	if (pid == supervision->sentinel->pid)
		supervision->sentinel->pid = 0;
	else
		emit(supervision, &ended);
	return ended.status;
}

/*
 * Everything that has stopped or died by now. Returns true when the command is among the dead, with
 * its status.
 */
static bool on_children(const struct supervision *supervision, int *ret_status)
{
	bool over = false;
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) < 0 ||
			info.si_pid == 0)
			return over;
		if (info.si_code == CLD_STOPPED || info.si_code == CLD_TRAPPED)
			on_stop(supervision, info.si_pid);
		else if (info.si_pid == supervision->command) {
			*ret_status = on_end(supervision, info.si_pid);
			over = true;
		} else {
			on_end(supervision, info.si_pid);
		}
	}
}

static bool is_from_process(const siginfo_t *info)
{
	return info->si_code <= 0 && info->si_pid != getpid();
}

static bool is_timer(int signal)
{
	return signal == SIGALRM || signal == SIGVTALRM || signal == SIGPROF;
}

/*
 * Whether the command has got the signal as well. A batch system signals the processes of a job one
 * by one, and the sentinel's turn may come behind ours.
 */
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

static void on_signal(const struct supervision *supervision, const siginfo_t *info)
{
	if (is_from_process(info)) {
		if (info->si_pid == supervision->sentinel->pid && info->si_pid != 0)
			return;
		if (group_got(supervision, info))
			return;
	} else if (!is_timer(info->si_signo)) {
		return;
	}
	if (info->si_code == SI_QUEUE)
		sigqueue(supervision->command, info->si_signo, info->si_value);
	else
		kill(supervision->command, info->si_signo);
}

/* The next signal that came to us; false: look again. */
static bool next_signal(const struct supervision *supervision, siginfo_t *info)
{
	struct timespec none = {0, 0};
	sigset_t all;

	sigfillset(&all);
	if (monitor_wait(supervision->monitor))
		return sigtimedwait(&all, info, &none) > 0;
	return sigwaitinfo(&all, info) > 0;
}

/*
 * The command has failed: a moment for those that die with it. Whoever interrupts us does not want
 * to wait (run_end_on_interrupt()); no other signal has a meaning any more.
 */
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
