/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this process learns of its children by waiting for them: how each ended, which it reports as
 * AGENT. A child that can, reports its own end as well; the report knows the two for one. Whether a
 * child could, its parent cannot know: it may have been killed, be static, have lost its
 * environment or never have come to its program.
 *
 * The real function is called as the host called it, and what it gave is what the host gets. Where
 * the host did not ask for the status, or for the usage, it is taken into a variable of ours.
 */
#include "shim/emit/agent.h"
#include "shim/base/export.h"
#include "shim/base/process_state.h"
#include "shim/host/pending.h"
#include "shim/base/real.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A debugger's, with which it waits for the threads of others: what ends need not be a process. */
#define ANY_TASK (__WALL | __WCLONE)

/* What this process has sent is reported before it waits, and before what it learns by it. */
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

/* As wait() would have it; stops and goings-on look like none of it. */
static int status_of(const siginfo_t *info)
{
	switch (info->si_code) {
	case CLD_EXITED: return W_EXITCODE(info->si_status & 0xff, 0);
	case CLD_KILLED: return info->si_status;
	case CLD_DUMPED: return info->si_status | WCOREFLAG;
	default: return W_STOPCODE(SIGSTOP);
	}
}

/* With WNOWAIT the child stays: who takes it away will report. */
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
