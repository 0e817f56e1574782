/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this process learns of its children by waiting for them. A child tells its own end; those
 * that cannot are the one that was killed by SIGKILL and the one that a signal ended between vfork
 * and exec, and who waited for it tells of it, as AGENT.
 * Launchers do so for whole jobs: MPICH kills all other ranks in the moment in which one has died.
 *
 * The real function is called as the host called it, and what it gave is what the host gets. Where
 * the host did not ask for the status, it is taken into a variable of ours.
 */
#include "shim/crash.h"
#include "shim/export.h"
#include "shim/life.h"
#include "shim/real.h"
#include "shim/tell.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/*
 * One child at a time: a handler of SIGCHLD may wait for another while the first is being told.
 * That one is counted as an event that could not be written.
 */
static void tell_killed(pid_t child, int number)
{
	struct event *event;

	if (!life_is_ours())
		return;
	if (atomic_exchange(&life.telling_child, 1)) {
		atomic_fetch_add(&life.dropped, 1);
		return;
	}
	event = tell_begin(TELL_CHILD, NODE_FAILED, "wait", NULL);
	event->cause = crash_cause_of(number);
	event->signal.number = number;
	tell_send_of_child(child);
	atomic_store(&life.telling_child, 0);
}

static void look_at_signal(pid_t child, int number)
{
	if (number == SIGKILL || life_was_mute_child(child))
		tell_killed(child, number);
}

static pid_t look_at(pid_t child, int status)
{
	if (child > 0 && WIFSIGNALED(status))
		look_at_signal(child, WTERMSIG(status));
	return child;
}

VIGIL_EXPORT pid_t wait(int *status)
{
	int own = 0;
	int *place = status == NULL ? &own : status;
	pid_t child = real()->wait(place);

	return look_at(child, child > 0 ? *place : 0);
}

VIGIL_EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
	int own = 0;
	int *place = status == NULL ? &own : status;
	pid_t child = real()->waitpid(pid, place, options);

	return look_at(child, child > 0 ? *place : 0);
}

VIGIL_EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
	int own = 0;
	int *place = status == NULL ? &own : status;
	pid_t child = real()->wait3(place, options, usage);

	return look_at(child, child > 0 ? *place : 0);
}

VIGIL_EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	int own = 0;
	int *place = status == NULL ? &own : status;
	pid_t child = real()->wait4(pid, place, options, usage);

	return look_at(child, child > 0 ? *place : 0);
}

/* With WNOWAIT the child stays: who takes it away will tell. */
VIGIL_EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	siginfo_t own = { .si_pid = 0 };
	siginfo_t *place = info == NULL ? &own : info;
	int result = real()->waitid(type, id, place, options);
	bool ended =
		result == 0 && (options & WEXITED) && !(options & WNOWAIT) && place->si_pid > 0;

	if (ended && (place->si_code == CLD_KILLED || place->si_code == CLD_DUMPED))
		look_at_signal(place->si_pid, place->si_status);
	return result;
}
