/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_outcome.h"

#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int interrupted_status;

static void die_by(int signal)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	struct rlimit none = {0, 0};
	sigset_t only;

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0); /* a core_pattern with a pipe ignores the limit */
	sigaction(signal, &standard, NULL);
	raise(signal);
	sigemptyset(&only);
	sigaddset(&only, signal);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
}

void run_end(int status)
{
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	die_by(WTERMSIG(status));
	_exit(128 + WTERMSIG(status)); /* as the init of a pid namespace we cannot die by our own
					  signal */
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
