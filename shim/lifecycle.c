/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/lifecycle.h"

#include "core/base/sys.h"
#include "shim/crash.h"
#include "shim/export.h"
#include "shim/late.h"
#include "shim/life.h"
#include "shim/python.h"
#include "shim/real.h"
#include "shim/tell.h"

#include <stdlib.h>
#include <unistd.h>

/* How long the end of a process may wait for another thread to have told it, a crash's trace
 * included. */
#define TELL_WAIT_MS 4000

/*
 * How many threads may call exit() at once without one of them ending the process while another
 * still tells its end: each runs one of our handlers, tells or waits there. glibc before 2.41 lets
 * them run side by side.
 */
#define EXITS_AT_ONCE 8

/* What wait() shows of a status: exit(3). */
#define STATUS_MASK 0xff

static void tell_exit(enum event_how how, const char *what, int status)
{
	struct event *event;
	struct instant at;
	bool raised;

	if (!life_claim_end(END_BY_EXIT)) {
		life_await_end(TELL_WAIT_MS);
		return;
	}
	status &= STATUS_MASK;
	raised = python_exception_ended(status, &at);
	event = tell_begin(TELL_EXIT, status == 0 ? NODE_SUCCEEDED : NODE_FAILED,
		raised ? "exception" : what, raised ? &at : NULL);
	event->how = how;
	event->exit_code = status;
	event->cause = status == 0 ? CAUSE_NONE : CAUSE_EXIT;
	if (raised)
		python_exception_fill(event);
	else if (status != 0)
		crash_tell_behind_exit(event);
	tell_send(TELL_EXIT);
	life_end_is_told();
}

static enum event_how how_of_exit(void)
{
	if (atomic_load(&life.exit_called))
		return HOW_EXIT;
	/* libc itself called exit: after main returned in the first thread, or when another one was
	 * the last to end. */
	return sys_gettid() == sys_getpid() ? HOW_RETURN : HOW_PTHREAD_EXIT;
}

static void at_exit(int status, void *nothing)
{
	(void)nothing;
	if (life_is_ours())
		tell_exit(how_of_exit(), "exit", status);
}

static void at_quick(void)
{
	if (life_is_ours())
		tell_exit(HOW_QUICK_EXIT, "quick_exit", atomic_load(&life.quick_status));
}

bool lifecycle_begin(void)
{
	/* Past everybody: ThreadSanitizer has taken over the name, cannot be called before its own
	 * start, and has the last word on the status. */
	int (*later)(void (*)(int, void *), void *) = real_lookup_libc("on_exit");
	bool room = at_quick_exit(at_quick) == 0 && later != NULL;

	for (int i = 0; i < EXITS_AT_ONCE && room; i++)
		room = later(at_exit, NULL) == 0;
	return room;
}

static int (*program_main)(int, char **, char **);

/* The last statement is a jump, not a call, at every optimisation level that is built for use:
 * main's caller stays libc's. */
static int main_entered(int argc, char **argv, char **envp)
{
	if (life_is_ours()) {
		tell_begin(TELL_START, NODE_RUNNING, "main", NULL);
		tell_send(TELL_START);
	}
	return program_main(argc, argv, envp);
}

VIGIL_EXPORT int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
	void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	late_begin();
	program_main = main;
	return real()->__libc_start_main(
		life_is_ours() ? main_entered : main, argc, argv, init, fini, rtld_fini, stack_end);
}

VIGIL_EXPORT void exit(int status)
{
	if (life_is_ours())
		atomic_store(&life.exit_called, 1);
	real()->exit(status);
	__builtin_unreachable();
}

/* _exit() is legal in a signal handler and in a vfork child: nothing is written before the question
 * whose life it is. */
VIGIL_EXPORT void _exit(int status)
{
	if (life_is_ours())
		tell_exit(HOW__EXIT, "_exit", status);
	real()->_exit(status);
	__builtin_unreachable();
}

VIGIL_EXPORT void _Exit(int status)
{
	if (life_is_ours())
		tell_exit(HOW__Exit, "_exit", status);
	real()->_Exit(status);
	__builtin_unreachable();
}

VIGIL_EXPORT void quick_exit(int status)
{
	if (life_is_ours())
		atomic_store(&life.quick_status, status);
	real()->quick_exit(status);
	__builtin_unreachable();
}
