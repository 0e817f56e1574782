/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/lifecycle.h"

#include "core/base/sys.h"
#include "core/events/wrapper.h"
#include "shim/base/call_entry.h"
#include "shim/base/death.h"
#include "shim/base/export.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/base/stack.h"
#include "shim/crash/crash.h"
#include "shim/crash/exit_trace.h"
#include "shim/emit/emit.h"
#include "shim/emit/exec_failure.h"
#include "shim/emit/forwarded.h"
#include "shim/emit/own_output.h"
#include "shim/emit/named_program.h"
#include "shim/emit/pending.h"
#include "shim/emit/preload_settings.h"
#include "shim/host/dispositions.h"
#include "shim/host/fatal_handler.h"
#include "shim/python/python.h"

#include <stdlib.h>
#include <unistd.h>

/* How long an exit waits for another thread that reports the termination, which may include a
 * crash's trace. */
#define EMIT_WAIT_MS 4000

/*
 * How many threads may call exit() at once without one of them terminating the process while
 * another still reports: each runs one of our handlers, and reports or waits there. glibc
 * before 2.41 lets them run side by side.
 */
#define EXITS_AT_ONCE 8

/* An exit whose termination this thread has claimed. */
struct ending {
	enum event_how how;
	const char *what;
	int status;
	struct trace_registers registers; /* where it was called, on the host's stack */
	uint64_t blocked;		  /* signals, there */
};

static void emit_ending(void *claimed)
{
	const struct ending *ending = claimed;
	int status = ending->status & PROCESS_STATUS_MASK;
	bool failed = status != 0 || ending->how == HOW_MPI_ABORT;
	struct instant at;
	bool raised = python_exception_ended(status, &at);
	struct event *event;

	forwarded_send_last(failed);
	event = emit_begin(EMIT_EXIT, failed ? NODE_FAILED : NODE_SUCCEEDED,
		raised ? "exception" : ending->what, raised ? &at : NULL);

	event->how = ending->how;
	if (ending->how == HOW_RETURN && program_is_interpreter(event->process.program) &&
		python_program_exited(status))
		event->how = HOW_EXIT;
	event->exit_code = status;
	event->cause = failed ? CAUSE_EXIT : CAUSE_NONE;
	call_entry_fill(event);
	if (failed)
		own_output_fill(event);
	if (raised)
		python_exception_fill(event);
	else if (failed && exec_failure_fill(event))
		event->cause = CAUSE_EXEC_FAILED;
	else if (failed && event->how != HOW_MPI_ABORT && named_program_fill(event))
		return emit_send(EMIT_EXIT);
	else if (failed && !crash_fill_fault_of_exit(event, &ending->registers, ending->blocked))
		exit_trace_fill(event, &ending->registers);
	emit_send(EMIT_EXIT);
}

/* Not inlined, so that the large frame is gone when the real function is called. */
static __attribute__((noinline)) void emit_exit(enum event_how how, const char *what, int status)
{
	struct ending ending = {.how = how, .what = what, .status = status};

	pending_flush_last();
	/* A signal that comes after MPI_Abort() is its consequence, and does not overrule it. */
	if (!process_claim_termination(
		    how == HOW_MPI_ABORT ? TERMINATION_BY_SIGNAL : TERMINATION_BY_EXIT)) {
		process_await_termination(EMIT_WAIT_MS);
		return;
	}
	process_note_exit(status);
	registers_here(&ending.registers);
	if (status != 0)
		sys_sigprocmask(SIG_BLOCK, NULL, &ending.blocked);
	stack_call(emit_ending, &ending);
	process_termination_is_emitted();
}

void lifecycle_mpi_abort(int status)
{
	emit_exit(HOW_MPI_ABORT, "mpi_abort", status);
}

static enum event_how how_of_exit(void)
{
	if (atomic_load(&process_words.exit_called))
		return HOW_EXIT;
	/* libc itself called exit(): after main returned in the first thread, or in another thread
	 * that was the last to exit. */
	return sys_gettid() == atomic_load(&process_words.owner) ? HOW_RETURN : HOW_PTHREAD_EXIT;
}

/* Whether this thread has run at_exit(), in this process or in one that it was forked from. */
static _Thread_local bool has_emitted __attribute__((tls_model("initial-exec")));

static void at_exit(int status, void *nothing)
{
	(void)nothing;
	if (has_emitted && atomic_load(&process_words.termination) != TERMINATION_OPEN)
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
 * Both are looked up in libc. ThreadSanitizer interposes them, cannot be called before its own
 * start, and changes the status after the last handler that it knows. musl has neither, and refuses
 * to load a library that refers to them.
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

static struct {
	bool waits;
	pid_t pid; /* the process that called lifecycle_wait(): a constructor may have forked since
		    */
	struct configure_from from;
	struct instant at;
} late;

void lifecycle_wait(const struct configure_from *from, const struct instant *at)
{
	late.from = *from;
	late.from.factories = true;
	late.at = *at;
	late.pid = sys_getpid();
	late.waits = true;
}

static void late_begin(void)
{
	struct configured loggers;

	if (!late.waits || !process_is_ours())
		return;
	late.waits = false;
	stack_use_hosts();
	loggers = configure(&late.from);
	emit_to(&loggers);
	if (late.pid == sys_getpid() && !atomic_load(&process_words.init_emitted))
		emit_init(&late.at);
}

static int (*program_main)(int, char **, char **);

static void emit_running(void *nothing)
{
	(void)nothing;
	own_output_note(emit_begin(EMIT_START, NODE_RUNNING, "main", NULL));
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

/* They are not declared as libc declares them, noreturn: so the last line compiles to a jump, and
 * no frame of ours lies between the caller and the handlers that they run. */
typedef void plain_exit(int status);

VIGIL_EXPORT void call_exit(int status) __asm__("exit");
VIGIL_EXPORT void call_quick_exit(int status) __asm__("quick_exit");

void call_exit(int status)
{
	if (process_is_ours()) {
		atomic_store(&process_words.exit_called, 1);
		process_note_exit(status);
		pending_flush();
	}
	((plain_exit *)real(exit))(status);
}

void call_quick_exit(int status)
{
	if (process_is_ours()) {
		atomic_store(&process_words.quick_status, status);
		process_note_exit(status);
		pending_flush();
	}
	((plain_exit *)real(quick_exit))(status);
}

/* _exit() is legal in a signal handler and in a vfork child: nothing is written before
 * process_is_ours(). */
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

/* Not inlined, so that its frame is gone when the real abort() is called. */
static __attribute__((noinline)) void emit_abort(void)
{
	struct trace_registers registers;

	registers_here(&registers);
	crash_abort(&registers);
	death_release(SIGABRT);
}

void lifecycle_before_sigabrt(void)
{
	uint64_t blocked = 0;

	if (atomic_load(&process_words.aborting) != sys_gettid() || !signals_is_ours(SIGABRT) ||
		disposition_is_handler(SIGABRT))
		return;
	sys_sigprocmask(SIG_BLOCK, NULL, &blocked);
	if ((blocked & SIGNAL_BIT(SIGABRT)) != 0)
		emit_abort();
}

/*
 * abort(). If the host has no handler for SIGABRT, the termination is reported here: the signal
 * that follows may come on an alternate stack that has no room for a second frame. If the host has
 * a handler, that runs first. The function is not declared as libc declares it, noreturn: so the
 * last line compiles to a jump, and no frame of ours lies in the core, nor in a trace that a
 * handler of the host's prints.
 */
VIGIL_EXPORT void call_abort(void) __asm__("abort");

void call_abort(void)
{
	typedef void plain_call(void);

	if (process_is_ours() && signals_is_ours(SIGABRT)) {
		if (disposition_is_handler(SIGABRT))
			atomic_store(&process_words.aborting, sys_gettid());
		else
			emit_abort();
	}
	((plain_call *)real(abort))();
}
