/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How each child terminated, which this process learns by waiting, and reports as AGENT. A child
 * reports its own termination as well if it can; `vigil report` takes the two events for one. The
 * parent cannot know whether it could: it may have been killed, be static, have lost its
 * environment or never have come to exec. What a child can report itself is logged at DEBUG.
 *
 * The event is written when wait() has returned, which takes 7 us, and not kept: nobody else can
 * report a child that SIGKILL killed, and nothing right behind a wait depends on microseconds.
 * Where the host does not pass a pointer for the status or the usage, the real function gets one of
 * ours.
 */
#include "shim/base/export.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/emit/agent.h"
#include "shim/emit/pending.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Flags of a debugger, which waits for threads of other processes. */
#define ANY_TASK (__WALL | __WCLONE)

/* Signals that this process has sent are reported before it waits, and before a child's
 * termination. */
static void before_wait(int options)
{
	if (!(options & WNOHANG))
		pending_flush();
}

static void look_at(pid_t child, int status, int options, const struct rusage *usage)
{
	pending_flush();
	if (child > 0 && (WIFEXITED(status) || WIFSIGNALED(status)) && !(options & ANY_TASK) &&
		process_is_ours())
		agent_ended(child, status, usage);
}

VIGIL_EXPORT pid_t wait(int *status)
{
	int own = 0;
	int *slot = status == NULL ? &own : status;
	pid_t child;

	before_wait(0);
	child = real(wait)(slot);
	look_at(child, child > 0 ? *slot : 0, 0, NULL);
	return child;
}

VIGIL_EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
	int own = 0;
	int *slot = status == NULL ? &own : status;
	pid_t child;

	before_wait(options);
	child = real(waitpid)(pid, slot, options);
	look_at(child, child > 0 ? *slot : 0, options, NULL);
	return child;
}

VIGIL_EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
	int own = 0;
	struct rusage own_usage;
	int *slot = status == NULL ? &own : status;
	struct rusage *used = usage == NULL ? &own_usage : usage;
	pid_t child;

	before_wait(options);
	child = real(wait3)(slot, options, used);
	look_at(child, child > 0 ? *slot : 0, options, used);
	return child;
}

VIGIL_EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	int own = 0;
	struct rusage own_usage;
	int *slot = status == NULL ? &own : status;
	struct rusage *used = usage == NULL ? &own_usage : usage;
	pid_t child;

	before_wait(options);
	child = real(wait4)(pid, slot, options, used);
	look_at(child, child > 0 ? *slot : 0, options, used);
	return child;
}

/* The status that wait() would return; a stop also for continuations, which are not
 * reported. */
static int status_of(const siginfo_t *info)
{
	switch (info->si_code) {
	case CLD_EXITED: return W_EXITCODE(info->si_status & 0xff, 0);
	case CLD_KILLED: return info->si_status;
	case CLD_DUMPED: return info->si_status | WCOREFLAG;
	default: return W_STOPCODE(SIGSTOP);
	}
}

/* With WNOWAIT the child stays, and is reported by the call that reaps it. */
VIGIL_EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	siginfo_t own = {.si_pid = 0};
	siginfo_t *slot = info == NULL ? &own : info;
	int result;

	before_wait(options);
	result = real(waitid)(type, id, slot, options);
	pending_flush();
	if (result == 0 && !(options & WNOWAIT))
		look_at(slot->si_pid, status_of(slot), options, NULL);
	return result;
}
