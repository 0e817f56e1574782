/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/lifecycle.h"

#include "core/base/sys.h"
#include "shim/crash/crash.h"
#include "shim/crash/exit_trace.h"
#include "shim/base/export.h"
#include "shim/host/late.h"
#include "shim/base/process_state.h"
#include "shim/host/pending.h"
#include "shim/python/python.h"
#include "shim/base/real.h"
#include "shim/base/stack.h"
#include "shim/emit/emit.h"

#include <stdlib.h>
#include <unistd.h>

/* How long the end of a process may wait for another thread to have reported it, a crash's trace
 * included. */
#define EMIT_WAIT_MS 4000

/*
 * How many threads may call exit() at once without one of them ending the process while another
 * still reports its end: each runs one of our handlers, reports or waits there. glibc before 2.41
 * lets them run side by side.
 */
#define EXITS_AT_ONCE 8

/* What wait() shows of a status: exit(3). */
#define STATUS_MASK 0xff

/* The first time counts. */
static void note_leaving(int status)
{
	struct instant now = instant_now();
	int nothing = 0;

	if ((status & STATUS_MASK) == 0 || atomic_load(&process_words.leaving) != 0)
		return;
	atomic_store(&process_words.left_real_us, now.real_us);
	atomic_store(&process_words.left_mono_us, now.mono_us);
	atomic_compare_exchange_strong(
		&process_words.leaving, &nothing, (status & STATUS_MASK) + 1);
}

bool lifecycle_is_leaving(int *ret_status, struct instant *ret_since)
{
	int leaving = atomic_load(&process_words.leaving);

	*ret_status = leaving - 1;
	ret_since->real_us = atomic_load(&process_words.left_real_us);
	ret_since->mono_us = atomic_load(&process_words.left_mono_us);
	return leaving != 0;
}

/* An end whose claim is ours. */
struct ending {
	enum event_how how;
	const char *what;
	int status;
	struct trace_registers registers; /* where it was called for, on the host's stack */
	uint64_t blocked;		  /* signals, there */
};

static void emit_ending(void *claimed)
{
	const struct ending *ending = claimed;
	int status = ending->status & STATUS_MASK;
	bool failed = status != 0 || ending->how == HOW_MPI_ABORT;
	struct instant at;
	bool raised = python_exception_ended(status, &at);
	struct event *event = emit_begin(EMIT_EXIT, failed ? NODE_FAILED : NODE_SUCCEEDED,
		raised ? "exception" : ending->what, raised ? &at : NULL);

	event->how = ending->how;
	event->exit_code = status;
	event->cause = failed ? CAUSE_EXIT : CAUSE_NONE;
	if (raised)
		python_exception_fill(event);
	else if (failed && !crash_emit_behind_exit(event, &ending->registers, ending->blocked))
		exit_trace_fill(event, &ending->registers);
	emit_send(EMIT_EXIT);
}

/* What lies between the end and what led to it has a frame of its own here. */
static __attribute__((noinline)) void emit_exit(enum event_how how, const char *what, int status)
{
	struct ending ending = {.how = how, .what = what, .status = status};

	pending_flush_last();
	/* What comes after that word is its consequence, be it a signal. */
	if (!process_claim_end(how == HOW_MPI_ABORT ? END_BY_SIGNAL : END_BY_EXIT)) {
		process_await_end(EMIT_WAIT_MS);
		return;
	}
	note_leaving(status);
	registers_here(&ending.registers);
	if (status != 0)
		sys_sigprocmask(SIG_BLOCK, NULL, &ending.blocked);
	stack_call(emit_ending, &ending);
	process_end_is_emitted();
}

void lifecycle_mpi_abort(int status)
{
	emit_exit(HOW_MPI_ABORT, "mpi_abort", status);
}

static enum event_how how_of_exit(void)
{
	if (atomic_load(&process_words.exit_called))
		return HOW_EXIT;
	/* libc itself called exit: after main returned in the first thread, or when another one was
	 * the last to end. */
	return sys_gettid() == sys_getpid() ? HOW_RETURN : HOW_PTHREAD_EXIT;
}

/* This thread has been here, in this process or in one that it was forked from. */
static _Thread_local bool has_emitted __attribute__((tls_model("initial-exec")));

static void at_exit(int status, void *nothing)
{
	(void)nothing;
	if (has_emitted && atomic_load(&process_words.end) != END_OPEN)
		return;
	has_emitted = true;
	if (process_is_ours())
		emit_exit(how_of_exit(), "exit", status);
}

static void at_quick(void *nothing)
{
	(void)nothing;
	if (process_is_ours())
		emit_exit(HOW_QUICK_EXIT, "quick_exit", atomic_load(&process_words.quick_status));
}

/*
 * Both are looked up, past everybody: ThreadSanitizer has taken over the names, cannot be called
 * before its own start, and has the last word on the status; and musl, which refuses a program for
 * any name that it does not find, has neither.
 */
static struct {
	int (*on_exit)(void (*handler)(int, void *), void *argument);
	int (*at_quick_exit)(void (*handler)(void *), void *object);
} lists;

const char *lifecycle_missing(void)
{
	static const char on_exit_name[] = "on_exit", quick_name[] = "__cxa_at_quick_exit";

	lists.on_exit = real_lookup_libc(on_exit_name);
	lists.at_quick_exit = real_lookup_libc(quick_name);
	if (lists.on_exit == NULL)
		return on_exit_name;
	return lists.at_quick_exit == NULL ? quick_name : NULL;
}

bool lifecycle_begin(void)
{
	/* Any address of ours reports libc whose the handler is: see the Makefile's -nostartfiles.
	 */
	bool room = lists.at_quick_exit(at_quick, &lists) == 0;

	for (int i = 0; i < EXITS_AT_ONCE && room; i++)
		room = lists.on_exit(at_exit, NULL) == 0;
	return room;
}

static int (*program_main)(int, char **, char **);

static void emit_running(void *nothing)
{
	(void)nothing;
	emit_begin(EMIT_START, NODE_RUNNING, "main", NULL);
	emit_send(EMIT_START);
}

/* The last statement is a jump, not a call, at every optimisation level that is built for use:
 * main's caller stays libc's. */
static int main_entered(int argc, char **argv, char **envp)
{
	if (process_is_ours())
		stack_call(emit_running, NULL);
	return program_main(argc, argv, envp);
}

VIGIL_EXPORT int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
	void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	late_begin();
	program_main = main;
	return real(__libc_start_main)(process_has_begun() ? main_entered : main, argc, argv, init,
		fini, rtld_fini, stack_end);
}

/* Their types are not libc's, which say that they do not return: so the last line is a jump, and no
 * frame of ours lies between who called them and what they run. */
typedef void plain_exit(int status);

VIGIL_EXPORT void call_exit(int status) __asm__("exit");
VIGIL_EXPORT void call_quick_exit(int status) __asm__("quick_exit");

void call_exit(int status)
{
	if (process_is_ours()) {
		atomic_store(&process_words.exit_called, 1);
		note_leaving(status);
		pending_flush();
	}
	((plain_exit *)real(exit))(status);
}

void call_quick_exit(int status)
{
	if (process_is_ours()) {
		atomic_store(&process_words.quick_status, status);
		note_leaving(status);
		pending_flush();
	}
	((plain_exit *)real(quick_exit))(status);
}

/* _exit() is legal in a signal handler and in a vfork child: nothing is written before the question
 * whose life it is. */
VIGIL_EXPORT void _exit(int status)
{
	if (process_is_ours())
		emit_exit(HOW__EXIT, "_exit", status);
	real(_exit)(status);
	__builtin_unreachable();
}

VIGIL_EXPORT void _Exit(int status)
{
	if (process_is_ours())
		emit_exit(HOW__Exit, "_exit", status);
	real(_Exit)(status);
	__builtin_unreachable();
}
