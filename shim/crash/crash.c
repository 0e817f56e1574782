/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the order of a crash: crash_signal() or abort() on the dying thread copies what it was
 * reported and claims the end; emit_crash() runs beside the process in the tracer: trace, event,
 * write. Where more is asked, of Python or of C++ (the host's code, which may do anything), each
 * has a tracer of its own before the last one writes. A tracer that died or hung is followed by
 * another one, which leaves out the part in which that happened and goes on behind it; where the
 * kernel refuses tracers, the dying thread does their work itself (in_process.h). Up to that only
 * system calls and small frames: the stack may be the host's own alternate one, of a few kilobytes.
 */
#include "shim/crash/crash.h"

#include "core/base/sys.h"
#include "core/base/valgrind.h"
#include "shim/crash/abort_message.h"
#include "shim/crash/crash_event.h"
#include "shim/crash/cxx.h"
#include "shim/crash/death.h"
#include "shim/host/dispositions.h"
#include "shim/base/export.h"
#include "shim/crash/in_process.h"
#include "shim/base/process_state.h"
#include "shim/emit/named.h"
#include "shim/crash/original_fault.h"
#include "shim/crash/other_threads.h"
#include "shim/crash/checkpoints.h"
#include "shim/host/pending.h"
#include "shim/python/python.h"
#include "shim/python/python_stack.h"
#include "shim/base/real.h"
#include "shim/host/sandbox.h"
#include "shim/emit/preload_settings.h"
#include "shim/host/fatal_handler.h"
#include "shim/base/stack.h"
#include "shim/crash/tasks.h"
#include "shim/emit/emit.h"
#include "shim/crash/tracer.h"

/*
 * In milliseconds: what all of it may take, unless the settings grant the trace more; Python's
 * stacks, those of other threads, and what() of an exception; what each attempt has when that time
 * is over, and on a machine where 1,000 others die as well; what the search for an origin may take,
 * and each half of it at an exit, on an idle machine and on another one; and what another dying
 * thread waits for the first.
 */
#define BUDGET_MS 3000
#define PYTHON_MS 500
#define THREADS_MS 1000
#define WHAT_MS 1000
#define LAST_MS 50
#define ORIGINAL_FAULT_MS 300
#define EXIT_MS 40
#define EXIT_PATIENCE_MS 2000
#define PATIENCE_MS 10000

/* To write the event: each one leaves out a part that is broken. */
#define ATTEMPTS 16

static void crash_abort(const struct trace_registers *registers);

/* Before code of the host's can run into another one. */
static void take_abort_message(void)
{
	if (crash.number == SIGABRT && settings()->trace.abort_message)
		abort_message_read(crash.abort_message, sizeof crash.abort_message);
}

static void take_frames(void)
{
	if (crash.stack == NULL)
		trace_from_here(
			&crash.trace, &crash.registers, (const void *)(uintptr_t)crash_abort);
	else
		trace_from_context(&crash.trace, crash.stack);
}

static void take_modules(void)
{
	trace_modules(&crash.trace);
}

static void take_names(void)
{
	named_find(&crash.trace, crash.number);
}

static void take_terminating(void)
{
	crash.terminating = crash.number == SIGABRT && settings()->trace.cxx &&
			    cxx_is_terminating(&crash.trace);
}

static void settle_names(void)
{
	named_settle(&crash.trace);
}

/* What is found out first, in rising risk; where there is no trace, the first one alone. */
static void (*const steps[])(void) = {
	take_abort_message,
	take_frames,
	take_modules,
	take_names,
	take_terminating,
	settle_names,
};

#define TAKE_COUNT (sizeof steps / sizeof *steps)
#define EVENT_STEP_CHECKPOINT(i) ((unsigned)(i))
#define STEP_CHECKPOINT(i) ((unsigned)(CRASH_EVENT_STEPS + (i)))
_Static_assert(
	CRASH_EVENT_STEPS + TAKE_COUNT <= CHECKPOINTS_MAX, "more parts than checkpoints.h counts");

static void send_event(void)
{
	struct event *event;

	pending_flush_dying();
	event = emit_begin(
		EMIT_SIGNAL, NODE_FAILED, crash.context == NULL ? "abort" : "signal", &crash.at);
	for (unsigned i = 0; i < CRASH_EVENT_STEPS; i++) {
		if (!checkpoint_begin(EVENT_STEP_CHECKPOINT(i)))
			continue;
		crash_fill(i, event);
		checkpoint_end(EVENT_STEP_CHECKPOINT(i));
	}
	emit_send(EMIT_SIGNAL);
	atomic_store(&crash.emitted, true);
}

static void take_trace(void)
{
	struct instant begin = instant_now();
	size_t count = crash.trace_ms > 0 ? TAKE_COUNT : 1;

	for (size_t i = 0; i < count; i++) {
		if (!checkpoint_begin_once(STEP_CHECKPOINT(i)))
			continue;
		steps[i]();
		crash.trace_us += instant_mono_us() - begin.mono_us;
		begin = instant_now();
	}
}

/* What all of it may take. */
static int budget_ms(void)
{
	return crash.trace_ms > BUDGET_MS ? crash.trace_ms : BUDGET_MS;
}

/* The trace has less time than the reporting: what it was enough for is reported by another one. */
static bool is_hurried(void)
{
	return crash.trace_ms < BUDGET_MS;
}

/* What is left of MILLISECONDS since it happened. */
static int left_of(int milliseconds)
{
	int64_t gone = (instant_mono_us() - crash.at.mono_us) / 1000;

	return gone < milliseconds ? (int)(milliseconds - gone) : 0;
}

static int shorter(int one, int other)
{
	return one < other ? one : other;
}

static void emit_trace(void *nothing)
{
	(void)nothing;
	take_trace();
	if (!crash.terminating && !crash.asks_original_fault && !crash.asks_python &&
		!crash.asks_other_threads && !is_hurried())
		send_event();
}

static void describe_rest(void *nothing)
{
	(void)nothing;
	if (!is_hurried() || crash.trace_ms == 0 || left_of(crash.trace_ms) > 0)
		take_trace();
	send_event();
}

/* Copy what must not be lost; the claim is ours. */
static void crash_begin(int number, const siginfo_t *info, const void *context)
{
	crash.at = instant_now();
	crash.number = number;
	crash.info = *info;
	crash.context = crash.stack = context;
	crash.tid = crash.ended = sys_gettid();
	crash.original_fault = (struct original_fault){0};
	crash.is_own = info->si_code <= 0 && info->si_pid == atomic_load(&process_words.owner);
	crash.trace_ms = settings_trace_ms(number);
	crash.outcome = crash.trace_ms > 0 ? TRACE_OK : TRACE_NONE;
	crash.abort_message[0] = '\0';
	crash.trace.count = 0;
	crash.trace.truncated = false;
	crash.trace.until_us = 0;
	crash.trace_us = 0;
	crash.terminating = false;
	atomic_store(&crash.emitted, false);
	checkpoints_forget();
	emit_anew();
}

/* The first failure is what the trace is emitted with. */
static void note_outcome(enum trace_outcome outcome)
{
	if ((outcome == TRACE_DIED || outcome == TRACE_TIMEOUT) && crash.outcome != TRACE_DIED &&
		crash.outcome != TRACE_TIMEOUT)
		crash.outcome = outcome;
}

/* Run WORK beside the process, else in it. Returns how that ended. */
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

/* Until it is reported: each attempt leaves out what the ones before died of. */
static void emit_at_last(void)
{
	enum trace_outcome outcome = TRACE_OK;

	for (int i = 0; i < ATTEMPTS && !atomic_load(&crash.emitted); i++) {
		int left = left_of(budget_ms());

		/* Only what all attempts need, the write, can have stopped the last one. */
		if (outcome == TRACE_TIMEOUT && left == 0 && i > 0)
			left = PATIENCE_MS;
		if (outcome == TRACE_TIMEOUT && i > 1)
			return;
		if (settings_is_hasty(crash.number) && i == 0)
			left = 2 * crash.trace_ms; /* so that a part that hangs costs it no more */
		outcome = attempt(describe_rest, left > LAST_MS ? left : LAST_MS, PATIENCE_MS);
		if (outcome == TRACE_NONE &&
			checkpoint_has_ended(EVENT_STEP_CHECKPOINT(CRASH_EVENT_STEPS - 1)))
			return; /* it hangs in the write, and we would */
		if (outcome == TRACE_NONE)
			send_event();
	}
}

/* What of MILLISECONDS the settings leave: all traces of a hasty end have its time together. */
static int grant(int milliseconds)
{
	return shorter(milliseconds,
		settings_is_hasty(crash.number) ? left_of(crash.trace_ms) : crash.trace_ms);
}

static void look_for_original_fault(void *nothing)
{
	struct original_fault_search search = {
		.number = crash.number,
		.is_own = crash.is_own,
		.tid = crash.ended,
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
	if (!original_fault_find(&search, original_fault) && sandbox_lets_ptrace_pass())
		original_fault_find_in_others(&search, original_fault);
}

static void search_original_fault(int milliseconds)
{
	enum trace_outcome outcome = tracer_run_patiently(
		look_for_original_fault, NULL, milliseconds, ORIGINAL_FAULT_MS);

	if (outcome == TRACE_NONE)
		outcome = in_process_run(look_for_original_fault, NULL);
	if (outcome != TRACE_OK && outcome != TRACE_IN_PROCESS)
		crash.original_fault.tid = 0;
}

static void find_original_fault(int milliseconds)
{
	search_original_fault(milliseconds);
	if (crash.original_fault.tid != 0 || !sandbox_lets_ptrace_pass() ||
		!original_fault_was_refused() || !tasks_show())
		return;
	search_original_fault(milliseconds);
	tasks_hide();
}

/* The trace once more, from where it began. */
static void take_again(void *nothing)
{
	(void)nothing;
	take_frames();
	take_modules();
	take_names();
	settle_names();
}

static void go_to_original_fault(void)
{
	find_original_fault(grant(ORIGINAL_FAULT_MS));
	if (!crash_is_of_original_fault() || crash_original_fault_is_in_trace())
		return;
	crash.stack = crash.original_fault.context;
	crash.tid = crash.original_fault.tid;
	attempt(take_again, grant(BUDGET_MS), PATIENCE_MS);
}

static void ask_more(void)
{
	if (crash.asks_original_fault && !crash.terminating && grant(ORIGINAL_FAULT_MS) > 0)
		go_to_original_fault();
	if (crash.asks_python && grant(PYTHON_MS) > 0)
		note_outcome(python_stack_take(crash.tid == crash.ended, grant(PYTHON_MS)));
	if (crash.asks_other_threads && grant(THREADS_MS) > 0)
		other_threads_take(grant(THREADS_MS));
	if (crash.terminating && sandbox_lets_more_pass()) {
		enum trace_outcome outcome = tracer_run(cxx_ask, NULL, WHAT_MS);

		if (!cxx_exception_is_known())
			note_outcome(outcome);
	}
}

static bool asks_python(void)
{
	return settings()->trace.python && sandbox_lets_more_pass() && python_stack_is_there() &&
	       !python_exception_pending();
}

/* On a stack of our own: the host's may be an alternate one, of a few kilobytes. */
static void crash_emit(void *nothing)
{
	(void)nothing;
	/* There, nothing is cloned, and no stack is switched. */
	if (on_valgrind()) {
		crash.outcome = TRACE_NONE;
		take_abort_message();
		send_event();
		process_end_is_emitted();
		return;
	}
	crash.asks_python = crash.trace_ms > 0 && asks_python();
	crash.asks_original_fault = crash.trace_ms > 0 && crash.info.si_code <= 0 &&
				    original_fault_is_possible(crash.number);
	crash.asks_other_threads =
		crash.trace_ms > 0 && settings()->trace.threads == TRACE_THREADS_ALL;
	if (crash.trace_ms > 0)
		attempt(emit_trace, crash.trace_ms,
			settings_is_hasty(crash.number) ? crash.trace_ms : PATIENCE_MS);
	ask_more();
	emit_at_last();
	/* Both die of the same: the core's first thread is to be the one that faulted, which would
	 * be the faster one without us. */
	if (crash_is_of_original_fault() && crash.original_fault.number == crash.number)
		process_end_is_emitted_for(crash.original_fault.tid);
	else
		process_end_is_emitted();
}

/* What another dying thread waits for the one that reports. */
static int other_threads_ms(void)
{
	return settings()->trace.timeout_ms + BUDGET_MS + THREADS_MS + WHAT_MS + 2 * PATIENCE_MS;
}

void crash_signal(int number, const siginfo_t *info, const void *context)
{
	if (!process_claim_end(END_BY_SIGNAL)) {
		process_await_end(other_threads_ms());
		return;
	}
	crash_begin(number, info, context);
	stack_call(crash_emit, NULL);
}

static void crash_abort(const struct trace_registers *registers)
{
	siginfo_t info = {
		.si_signo = SIGABRT,
		.si_code = SI_TKILL,
		.si_pid = sys_getpid(),
		.si_uid = (uid_t)sys_call(SYS_getuid, 0, 0, 0, 0, 0, 0),
	};

	if (!process_claim_end(END_BY_SIGNAL)) {
		process_await_end(other_threads_ms());
		return;
	}
	crash.registers = *registers;
	sys_sigprocmask(SIG_BLOCK, NULL, &crash.blocked);
	crash_begin(SIGABRT, &info, NULL);
	stack_call(crash_emit, NULL);
}

/* The origin of an exit; false: there is none. */
static bool trace_exit(void)
{
	find_original_fault(EXIT_MS);
	if (crash_is_of_original_fault()) {
		crash.stack = crash.original_fault.context;
		crash.tid = crash.original_fault.tid;
		attempt(take_again, EXIT_MS, EXIT_PATIENCE_MS);
	}
	return crash.original_fault.tid != 0;
}

bool crash_emit_behind_exit(
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

/* Its registers and all that it puts on the stack are gone before abort() goes on. */
static __attribute__((noinline)) void emit_abort(void)
{
	struct trace_registers registers;

	registers_here(&registers);
	crash_abort(&registers);
	death_release(SIGABRT);
}

void crash_before_kill(void)
{
	uint64_t blocked = 0;

	if (atomic_load(&process_words.aborting) != sys_gettid() || !signals_is_ours(SIGABRT) ||
		disposition_is_handler(SIGABRT))
		return;
	sys_sigprocmask(SIG_BLOCK, NULL, &blocked);
	if ((blocked & settings_signal(SIGABRT)) != 0)
		emit_abort();
}

/*
 * abort(). Where nothing of the host's stands between it and death, it is reported here: the signal
 * that follows may come on an alternate stack that has no room for a second frame. Where the host
 * has a handler, the handler goes first. Its type is not libc's, which says that it does not
 * return: so the last line is a jump, and no frame of ours lies in the core, nor in what a handler
 * of the host's prints.
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
