/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls by which this process learns how a child terminated, and reports it as AGENT. A child
 * that can reports its own termination, too; `vigil report` takes the two events for one. The
 * parent cannot know whether the child could: the child may have been killed, be static, have lost
 * its environment or never have reached exec. What a child can report itself is logged at DEBUG.
 *
 * The event is written when wait() has returned, which takes 7 us. It is not left pending, because
 * nobody else can report a child that SIGKILL killed, and nothing right behind a wait depends on
 * microseconds. If the host passes no pointer for the status or the usage, the real function gets
 * one of ours.
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

/* The longest that a thread which waits for children stays for the report of the process's death.
 */
#define DYING_MS 4000

/* Signals that this process has sent are reported before it waits, and before a child's
 * termination. */
static void before_wait(int options)
{
	if (!(options & WNOHANG))
		pending_flush();
}

/*
 * If this process dies of a signal whose stack another thread still takes, stay: without us the
 * process would be dead by now. A pool or a supervisor that saw its children die of the same signal
 * would start new ones for them, which nobody ends.
 */
static void stay_if_dying(void)
{
	if (process_is_ours() && process_dies_of_signal())
		process_await_termination(DYING_MS);
}

/* A wait has returned CHILD, and if that is above 0 filled *STATUS. Returns CHILD. */
static pid_t after_wait(pid_t child, const int *status, int options, const struct rusage *usage)
{
	pending_flush();
	if (child > 0 && (WIFEXITED(*status) || WIFSIGNALED(*status)) && !(options & ANY_TASK) &&
		process_is_ours())
		agent_ended(child, *status, usage);
	stay_if_dying();
	return child;
}

VIGIL_EXPORT pid_t wait(int *status)
{
	int own = 0;
	int *slot = status == NULL ? &own : status;

	before_wait(0);
	return after_wait(real(wait)(slot), slot, 0, NULL);
}

VIGIL_EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
	int own = 0;
	int *slot = status == NULL ? &own : status;

	before_wait(options);
	return after_wait(real(waitpid)(pid, slot, options), slot, options, NULL);
}

VIGIL_EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
	int own = 0;
	struct rusage own_usage;
	int *slot = status == NULL ? &own : status;
	struct rusage *used = usage == NULL ? &own_usage : usage;

	before_wait(options);
	return after_wait(real(wait3)(slot, options, used), slot, options, used);
}

VIGIL_EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	int own = 0;
	struct rusage own_usage;
	int *slot = status == NULL ? &own : status;
	struct rusage *used = usage == NULL ? &own_usage : usage;

	before_wait(options);
	return after_wait(real(wait4)(pid, slot, options, used), slot, options, used);
}

/* The status that wait() would return for INFO. Continuations, which are not reported, count as
 * stops. */
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
	int result, status = 0;
	pid_t child = 0;

	before_wait(options);
	result = real(waitid)(type, id, slot, options);
	if (result == 0 && !(options & WNOWAIT)) {
		child = slot->si_pid;
		status = status_of(slot);
	}
	after_wait(child, &status, options, NULL);
	return result;
}
