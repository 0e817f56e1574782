/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A crash from the kernel's siginfo to the line in the run directory's file, in the order of the
 * calls. Files without a folder lie in this one.
 *
 *  1. host/dispositions.c, entry_N(): the kernel calls it on the dying thread, with siginfo and
 *     context, mostly on an alternate stack (host/threads.c).
 *  2. host/fatal_handler.c, signals_caught(): in a vfork child only the pid is noted. abort() takes
 *     another way: host/lifecycle.c, call_abort(), to crash_abort().
 *  3. crash_signal(): claims the termination (base/process_state.c), copies siginfo and the instant
 *     into `crash`, and changes to a stack of our own (base/stack.c). Up to here there are only
 *     system calls and small frames: the host's alternate stack may have a few kilobytes.
 *  4. crash_emit(): runs the tasks below one after the other beside the process, in a tracer that
 *     shares its memory (base/tracer.c); where the kernel refuses one, in the dying thread
 *     (base/in_process.c).
 *      a. task_trace(): trace_steps[], which are core/trace and crash_event.c.
 *      b. task_original_fault(), task_trace_again(): if the host has handlers (original_fault.c).
 *      c. python/python_stack.c, other_threads.c, cxx.c: where they are wanted; each has a tracer
 *         of its own, because it runs code of the host's, which may do anything.
 *      d. task_send(): the steps of the trace that no task has begun, and send_event().
 *  5. send_event(): emit/pending.c writes the pending events; emit/emit.c, emit_begin(), fills in
 *     who the process is; crash_event.c, crash_fill(), adds the crash, part by part; emit_send()
 *     sends.
 *  6. core/events/event_log.c makes a record of the event, core/logging/logger.c hands it to the
 *     handlers, and the run directory's (core/logging/handlers/run_file.c) has core/base/log_file.c
 *     write the line.
 *  7. Back in signals_caught(): base/death.c, death_by(), dies of the same signal.
 *
 * A step or part that a task died in, or hung in until it was killed, is left out by the task that
 * follows (begin_part()), and `trace.outcome` says `died` or `timeout`. A record remembers which
 * handlers have had it (core/logging/delivery.h), so that the event is written once, whatever was
 * killed in between. All tasks together have BUDGET_MS. A task that is starved of a processor or
 * waits for the disk has up to PATIENCE_MS, and so has the last attempt to write, because 1,000
 * processes that die at once wait for each other. If that attempt hangs as well, the crash is not
 * reported, and the process dies nevertheless.
 *
 * No program is started at a death: `vigil report` finds the lines of source. With `trace: false`
 * or a timeout of 0 the only task is the sending, which keeps BUDGET_MS. If the trace has less time
 * than BUDGET_MS, a second task sends, so that a short timeout never costs the event. A process
 * that is terminated has 50 ms for its traces, native and Python's together, and twice that for the
 * first attempt to send: launchers grant as little as 250 ms between SIGTERM and SIGKILL.
 */
#include "shim/crash/crash.h"

#include "core/base/sys.h"
#include "core/base/valgrind.h"
#include "shim/base/in_process.h"
#include "shim/base/process_state.h"
#include "shim/base/sandbox.h"
#include "shim/base/stack.h"
#include "shim/base/tracer.h"
#include "shim/crash/crash_event.h"
#include "shim/crash/cxx.h"
#include "shim/crash/original_fault.h"
#include "shim/crash/other_threads.h"
#include "shim/crash/tasks.h"
#include "shim/emit/emit.h"
#include "shim/emit/pending.h"
#include "shim/emit/preload_settings.h"
#include "shim/python/python.h"
#include "shim/python/python_stack.h"

/* In milliseconds: all of a crash, unless the settings grant the trace more; */
#define BUDGET_MS 3000
/* Python's stacks, the other threads, what() of an exception; */
#define PYTHON_MS 500
#define THREADS_MS 1000
#define WHAT_MS 1000
/* the outermost frames of a deep stack; */
#define OUTERMOST_MS 200
/* each attempt to send when that is over, and on a machine where 1,000 others die as well; */
#define LAST_MS 50
#define PATIENCE_MS 10000
/* the search for an original fault; and, at an exit, each half of it, on an idle machine and on
 * another one. */
#define ORIGINAL_FAULT_MS 300
#define EXIT_MS 40
#define EXIT_PATIENCE_MS 2000

/* To send the event: each attempt leaves out a part that is broken. */
#define ATTEMPTS 16

/* The parts of the work, a bit each: which parts were begun, and which of those were ended. Tasks
 * do not overlap. */
static atomic_uint begun, ended;

/* Begin PART, which is done once. Returns false if a task has begun it before. */
static bool begin_part_once(unsigned part)
{
	return (atomic_fetch_or(&begun, 1u << part) & 1u << part) == 0;
}

static bool part_has_ended(unsigned part)
{
	return (atomic_load(&ended) & 1u << part) != 0;
}

/* Begin PART, which may be done again. Returns false if a task died in it; after true, end_part()
 * follows. */
static bool begin_part(unsigned part)
{
	bool good = begin_part_once(part) || part_has_ended(part);

	if (good)
		atomic_fetch_and(&ended, ~(1u << part));
	return good;
}

static void end_part(unsigned part)
{
	atomic_fetch_or(&ended, 1u << part);
}

/* Read before code of the host's runs, which may abort and leave another message. */
static void take_abort_message(struct trace *trace)
{
	(void)trace;
	if (crash.number == SIGABRT && settings()->trace.abort_message)
		abort_message_read(crash.abort_message, sizeof crash.abort_message);
}

static void take_frames(struct trace *trace)
{
	if (crash.stack == NULL)
		trace_from_here(trace, &crash.registers, (const void *)(uintptr_t)crash_abort);
	else
		trace_from_context(trace, crash.stack);
}

static void find_names(struct trace *trace)
{
	crash_find_names(trace, crash.number);
}

/* Last, and for no more than a part of the time that the trace has. */
static void find_outermost(struct trace *trace)
{
	int64_t until = instant_mono_us() + (int64_t)crash.outermost_ms * 1000;

	if (trace->until_us != 0 && trace->until_us < until)
		until = trace->until_us;
	if (!trace_outermost(trace, until))
		return;
	trace_modules(trace);
	find_names(trace);
}

static void find_terminating(struct trace *trace)
{
	crash.terminating =
		crash.number == SIGABRT && settings()->trace.cxx && cxx_is_terminating(trace);
}

/* In order of rising risk. If the settings want no trace, only the first step is done. */
static void (*const trace_steps[])(struct trace *trace) = {
	take_abort_message,
	take_frames,
	trace_modules,
	find_names,
	find_terminating,
	find_outermost,
	crash_drop_names,
};

#define STEP_COUNT (sizeof trace_steps / sizeof *trace_steps)
#define EVENT_PART(i) ((unsigned)(i))
#define TRACE_PART(i) ((unsigned)(CRASH_EVENT_STEPS + (i)))
_Static_assert(CRASH_EVENT_STEPS + STEP_COUNT <= 32, "more parts than bits");

static void send_event(void)
{
	struct event *event;

	pending_flush_dying();
	event = emit_begin(
		EMIT_SIGNAL, NODE_FAILED, crash.context == NULL ? "abort" : "signal", &crash.at);
	for (unsigned i = 0; i < CRASH_EVENT_STEPS; i++) {
		if (!begin_part(EVENT_PART(i)))
			continue;
		crash_fill(i, event);
		end_part(EVENT_PART(i));
	}
	emit_send(EMIT_SIGNAL);
	atomic_store(&crash.emitted, true);
}

static void take_trace(void)
{
	struct instant begin = instant_now();
	size_t count = crash.trace_ms > 0 ? STEP_COUNT : 1;

	for (size_t i = 0; i < count; i++) {
		if (!begin_part_once(TRACE_PART(i)))
			continue;
		trace_steps[i](&crash.trace);
		crash.trace_us += instant_mono_us() - begin.mono_us;
		begin = instant_now();
	}
}

static int budget_ms(void)
{
	return crash.trace_ms > BUDGET_MS ? crash.trace_ms : BUDGET_MS;
}

/* Whether the trace has less time than the sending: if so, a second task sends what the first has
 * found. */
static bool trace_is_short(void)
{
	return crash.trace_ms < BUDGET_MS;
}

/* What is left of MILLISECONDS since the crash. */
static int left_of(int milliseconds)
{
	int64_t gone = (instant_mono_us() - crash.at.mono_us) / 1000;

	return gone < milliseconds ? (int)(milliseconds - gone) : 0;
}

static void task_trace(void *nothing)
{
	(void)nothing;
	take_trace();
	if (!crash.terminating && !crash.wants_original_fault && !crash.wants_python &&
		!crash.wants_other_threads && !trace_is_short())
		send_event();
}

static void task_send(void *nothing)
{
	(void)nothing;
	if (!trace_is_short() || crash.trace_ms == 0 || left_of(crash.trace_ms) > 0)
		take_trace();
	send_event();
}

static int part_for_outermost(int milliseconds)
{
	return milliseconds / 4 < OUTERMOST_MS ? milliseconds / 4 : OUTERMOST_MS;
}

/* Copy what must not be lost. The caller has claimed the termination. */
static void crash_begin(int number, const siginfo_t *info, const void *context)
{
	crash.at = instant_now();
	crash.number = number;
	crash.info = *info;
	crash.context = crash.stack = context;
	crash.tid = crash.dying = sys_gettid();
	crash.original_fault = (struct original_fault){0};
	crash.is_own = info->si_code <= 0 && info->si_pid == atomic_load(&process_words.owner);
	crash.trace_ms = settings_trace_ms(number);
	crash.outermost_ms = part_for_outermost(number == 0 ? EXIT_MS : crash.trace_ms);
	crash.outcome = crash.trace_ms > 0 ? TRACE_OK : TRACE_NONE;
	crash.abort_message[0] = '\0';
	crash.trace.count = 0;
	crash.trace.truncated = false;
	crash.trace.until_us = 0;
	crash.trace_us = 0;
	crash.terminating = false;
	atomic_store(&crash.emitted, false);
	atomic_store(&begun, 0);
	atomic_store(&ended, 0);
	emit_anew();
}

/* The event reports the first failure of a trace, so a later OUTCOME does not replace it. */
static void note_outcome(enum trace_outcome outcome)
{
	if ((outcome == TRACE_DIED || outcome == TRACE_TIMEOUT) && crash.outcome != TRACE_DIED &&
		crash.outcome != TRACE_TIMEOUT)
		crash.outcome = outcome;
}

/* Run WORK in a tracer, or in this thread if there is no tracer. Returns the outcome. */
static enum trace_outcome attempt(void (*work)(void *), int milliseconds, int most)
{
	enum trace_outcome outcome = tracer_run_patiently(work, NULL, milliseconds, most);

	if (outcome == TRACE_NONE) {
		if (crash.outcome == TRACE_OK)
			crash.outcome = TRACE_IN_PROCESS;
		crash.trace.until_us = instant_mono_us() + (int64_t)milliseconds * 1000;
		outcome = in_process_run(work, NULL);
	}
	note_outcome(outcome);
	return outcome;
}

/* Each attempt leaves out what the ones before died of. */
static void send_until_sent(void)
{
	enum trace_outcome outcome = TRACE_OK;

	for (int i = 0; i < ATTEMPTS && !atomic_load(&crash.emitted); i++) {
		int left = left_of(budget_ms());

		/* A second timeout is due to the write, which no attempt leaves out. */
		if (outcome == TRACE_TIMEOUT && left == 0 && i > 0)
			left = PATIENCE_MS;
		if (outcome == TRACE_TIMEOUT && i > 1)
			return;
		if (settings_is_hasty(crash.number) && i == 0)
			left = 2 * crash.trace_ms; /* a part that hangs delays the termination no
						      longer than this */
		outcome = attempt(task_send, left > LAST_MS ? left : LAST_MS, PATIENCE_MS);
		if (outcome == TRACE_NONE && part_has_ended(EVENT_PART(CRASH_EVENT_STEPS - 1)))
			return; /* the tracer hung in the write, and this thread would hang in it,
				   too */
		if (outcome == TRACE_NONE)
			send_event();
	}
}

/* How much of MILLISECONDS the settings grant: all traces of a process that is terminated share 50
 * ms. */
static int grant(int milliseconds)
{
	int most = settings_is_hasty(crash.number) ? left_of(crash.trace_ms) : crash.trace_ms;

	return milliseconds < most ? milliseconds : most;
}

static void task_original_fault(void *nothing)
{
	struct original_fault_search search = {
		.number = crash.number,
		.is_own = crash.is_own,
		.tid = crash.dying,
		.registers = crash.registers,
		.blocked = crash.blocked,
		.modules = &crash.trace.modules,
	};
	struct original_fault *original_fault = &crash.original_fault;

	(void)nothing;
	if (crash.trace.count == 0)
		modules_init(search.modules);
	if (crash.context != NULL) {
		if (crash.is_own &&
			original_fault_is_context(&search, crash.context, original_fault))
			return;
		original_fault_search_from(&search, crash.context);
	}
	if (!original_fault_find(&search, original_fault) && sandbox_allows_ptrace())
		original_fault_find_in_others(&search, original_fault);
}

static void search_original_fault(int milliseconds)
{
	enum trace_outcome outcome =
		tracer_run_patiently(task_original_fault, NULL, milliseconds, ORIGINAL_FAULT_MS);

	if (outcome == TRACE_NONE)
		outcome = in_process_run(task_original_fault, NULL);
	if (outcome != TRACE_OK && outcome != TRACE_IN_PROCESS)
		crash.original_fault.tid = 0;
}

static void find_original_fault(int milliseconds)
{
	search_original_fault(milliseconds);
	if (crash.original_fault.tid != 0 || !sandbox_allows_ptrace() ||
		!original_fault_was_refused() || !tasks_allow_ptrace())
		return;
	search_original_fault(milliseconds);
	tasks_forbid_ptrace();
}

/* The trace once more, of crash.stack. */
static void task_trace_again(void *nothing)
{
	(void)nothing;
	take_frames(&crash.trace);
	trace_modules(&crash.trace);
	find_names(&crash.trace);
	find_outermost(&crash.trace);
	crash_drop_names(&crash.trace);
}

static void trace_original_fault(int milliseconds, int most)
{
	crash.stack = crash.original_fault.context;
	crash.tid = crash.original_fault.tid;
	attempt(task_trace_again, milliseconds, most);
}

static void take_more(void)
{
	if (crash.wants_original_fault && !crash.terminating && grant(ORIGINAL_FAULT_MS) > 0) {
		find_original_fault(grant(ORIGINAL_FAULT_MS));
		if (crash_is_of_original_fault() && !crash_original_fault_is_in_trace())
			trace_original_fault(grant(BUDGET_MS), PATIENCE_MS);
	}
	if (crash.wants_python && grant(PYTHON_MS) > 0)
		note_outcome(python_stack_take(crash.tid == crash.dying, grant(PYTHON_MS)));
	if (crash.wants_other_threads && grant(THREADS_MS) > 0)
		other_threads_take(grant(THREADS_MS));
	if (crash.terminating && sandbox_allows_more()) {
		enum trace_outcome outcome = tracer_run(cxx_ask, NULL, WHAT_MS);

		if (!cxx_exception_is_known())
			note_outcome(outcome);
	}
}

static bool wants_python(void)
{
	return settings()->trace.python && sandbox_allows_more() && python_stack_is_there() &&
	       !python_exception_pending();
}

static void crash_emit(void *nothing)
{
	(void)nothing;
	/* Valgrind knows no clone() as the tracer's, and no change of stacks. */
	if (on_valgrind()) {
		crash.outcome = TRACE_NONE;
		take_abort_message(&crash.trace);
		send_event();
		process_termination_is_emitted();
		return;
	}
	crash.wants_python = crash.trace_ms > 0 && wants_python();
	crash.wants_original_fault = crash.trace_ms > 0 && crash.info.si_code <= 0 &&
				     original_fault_is_possible(crash.number);
	crash.wants_other_threads =
		crash.trace_ms > 0 && settings()->trace.threads == TRACE_THREADS_ALL;
	if (crash.trace_ms > 0)
		attempt(task_trace, crash.trace_ms,
			settings_is_hasty(crash.number) ? crash.trace_ms : PATIENCE_MS);
	take_more();
	send_until_sent();
	/* Both threads die of the same signal. The faulting one goes first, so that it is the
	 * core's first thread: without us it would be the faster one. */
	if (crash_is_of_original_fault() && crash.original_fault.number == crash.number)
		process_termination_is_emitted_for(crash.original_fault.tid);
	else
		process_termination_is_emitted();
}

/* Claim the termination, or wait for the thread that reports it. */
static bool claim(void)
{
	if (process_claim_termination(TERMINATION_BY_SIGNAL))
		return true;
	process_await_termination(
		settings()->trace.timeout_ms + BUDGET_MS + THREADS_MS + WHAT_MS + 2 * PATIENCE_MS);
	return false;
}

void crash_signal(int number, const siginfo_t *info, const void *context)
{
	if (!claim())
		return;
	crash_begin(number, info, context);
	stack_call(crash_emit, NULL);
}

void crash_abort(const struct trace_registers *registers)
{
	siginfo_t info = {
		.si_signo = SIGABRT,
		.si_code = SI_TKILL,
		.si_pid = sys_getpid(),
		.si_uid = (uid_t)sys_call(SYS_getuid, 0, 0, 0, 0, 0, 0),
	};

	if (!claim())
		return;
	crash.registers = *registers;
	sys_sigprocmask(SIG_BLOCK, NULL, &crash.blocked);
	crash_begin(SIGABRT, &info, NULL);
	stack_call(crash_emit, NULL);
}

/* Find the fault in whose handler the process exits, and trace it. Returns whether there is one. */
static bool trace_exit(void)
{
	find_original_fault(EXIT_MS);
	if (crash_is_of_original_fault())
		trace_original_fault(EXIT_MS, EXIT_PATIENCE_MS);
	return crash.original_fault.tid != 0;
}

bool crash_fill_fault_of_exit(
	struct event *event, const struct trace_registers *registers, uint64_t blocked)
{
	const siginfo_t none = {.si_pid = atomic_load(&process_words.owner)};

	if (!original_fault_is_possible(0) || settings()->trace.timeout_ms == 0 || on_valgrind())
		return false;
	crash.registers = *registers;
	crash.blocked = blocked;
	crash_begin(0, &none, NULL);
	if (trace_exit())
		crash_fill_exit(event);
	return event->frame_count > 0;
}
