/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the order of a crash: crash_signal() or abort() on the dying thread copies what it was told
 * and claims the end; tell_crash() runs beside the process in the tracer: trace, event, write.
 * Where more is asked, of Python or of C++ (the host's code, which may do anything), each has a
 * tracer of its own before the last one writes. A tracer that died or hung is followed by another
 * one, which leaves out the part in which that happened and goes on behind it; where the kernel
 * refuses tracers, the dying thread does their work itself (in_process.h). Up to that only system
 * calls and small frames: the stack may be the host's own alternate one, of a few kilobytes.
 */
#include "shim/crash.h"

#include "core/base/memory.h"
#include "core/base/proc.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "core/base/valgrind.h"
#include "core/trace/trace.h"
#include "shim/abort_message.h"
#include "shim/cxx.h"
#include "shim/dispositions.h"
#include "shim/export.h"
#include "shim/fault.h"
#include "shim/in_process.h"
#include "shim/life.h"
#include "shim/parts.h"
#include "shim/python.h"
#include "shim/python_stack.h"
#include "shim/real.h"
#include "shim/signals.h"
#include "shim/sandbox.h"
#include "shim/tell.h"
#include "shim/tracer.h"

#include <stdlib.h>
#include <string.h>

/*
 * In milliseconds: what all of it may take; the traces of a process that somebody terminates, as
 * launchers grant as little as 250; Python's stacks; what() of an exception; what each attempt has
 * when that time is over, and on a machine where 1,000 others die as well; and what another dying
 * thread waits for the first.
 */
#define BUDGET_MS 3000
#define VICTIM_MS 50
#define PYTHON_MS 50
#define WHAT_MS 1000
#define LAST_MS 50
#define PATIENCE_MS 10000
#define OTHERS_MS (BUDGET_MS + WHAT_MS + 2 * PATIENCE_MS)

/* To write the event: each one leaves out a part that is broken. */
#define ATTEMPTS 16

/* How far up we look for the sender of a signal. */
#define ANCESTORS_MAX 32

/* The one crash of this process; written by the thread that claimed the end. */
static struct {
	int number;
	siginfo_t info;
	const void *context; /* NULL: abort() */
	struct trace_registers registers;
	struct instant at;
	pid_t tid;
	char thread[16];
	char sender[64];
	char abort_message[1024];
	struct trace trace;
	int64_t trace_us;
	bool sent; /* by somebody: the signal */
	bool terminating; /* by std::terminate(): there may be an exception */
	bool asks_python;
	enum trace_outcome outcome;
	atomic_bool told;
} crash;

static void crash_abort(const struct trace_registers *registers);

static enum event_sender sender_kind(pid_t sender)
{
	struct process_stat stat;
	pid_t pid = atomic_load(&life.owner);

	if (sender == pid)
		return SENDER_SELF;
	for (int i = 0; i < ANCESTORS_MAX && pid > 1 && process_stat(pid, &stat) == 0; i++) {
		pid = stat.ppid;
		if (pid == sender)
			return SENDER_ANCESTOR;
	}
	return SENDER_OTHER;
}

/* Signals that the kernel makes of a program's own doing; all others tell of somebody else's wish,
 * or of a timer. */
static bool is_own_doing(int number)
{
	switch (number) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
	case SIGSYS:
	case SIGABRT:
	case SIGXCPU:
	case SIGXFSZ:
	case SIGPIPE:
	case SIGSTKFLT:
		return true;
	default:
		return false;
	}
}

static bool was_sent(const siginfo_t *info)
{
	return info->si_code <= 0 && info->si_code != SI_TIMER && info->si_code != SI_MESGQ &&
	       info->si_code != SI_ASYNCIO && info->si_code != SI_SIGIO;
}

static enum event_cause cause_of(const struct event_signal *signal, bool sent)
{
	if (!is_own_doing(signal->number))
		return CAUSE_TERMINATED;
	if (sent && signal->sender_is != SENDER_SELF)
		return CAUSE_TERMINATED;
	return signal->number == SIGABRT ? CAUSE_ABORT : CAUSE_FAULT;
}

enum event_cause crash_cause_of(int number)
{
	struct event_signal signal = { .number = number };

	return number == SIGKILL ? CAUSE_KILLED : cause_of(&signal, false);
}

static bool has_fault_address(const siginfo_t *info)
{
	return info->si_code > 0 && info->si_code != SI_KERNEL &&
	       (info->si_signo == SIGSEGV || info->si_signo == SIGBUS || info->si_signo == SIGILL ||
		       info->si_signo == SIGFPE || info->si_signo == SIGTRAP);
}

static void fill_sender(struct event *event)
{
	struct event_signal *signal = &event->signal;
	struct process_stat stat;

	if (!crash.sent)
		return;
	signal->sender_is = sender_kind(signal->sender_pid);
	if (signal->sender_pid > 0 && process_stat(signal->sender_pid, &stat) == 0) {
		text_format(crash.sender, sizeof crash.sender, "%s", stat.comm);
		signal->sender = crash.sender;
	}
}

/* A fault that a handler of the host's has seen first, and raised again. */
static bool fill_fault(struct event_signal *signal)
{
	struct fault fault;

	if (crash.context == NULL || !fault_of_context(crash.number, crash.context, &fault))
		return false;
	signal->code = fault.code;
	signal->has_address = fault.has_address;
	signal->address = fault.address;
	return true;
}

static void fill_signal(struct event *event)
{
	const siginfo_t *info = &crash.info;
	struct event_signal *signal = &event->signal;
	bool own;

	crash.sent = was_sent(info);
	own = crash.sent && info->si_pid == atomic_load(&life.owner);
	signal->number = crash.number;
	signal->has_code = true;
	signal->code = info->si_code;
	signal->has_address = has_fault_address(info);
	signal->address = signal->has_address ? (uint64_t)(uintptr_t)info->si_addr : 0;
	if (own && fill_fault(signal))
		crash.sent = false;
	if (crash.sent) {
		signal->sender_pid = info->si_pid;
		signal->sender_uid = info->si_uid;
		signal->sender_is = own ? SENDER_SELF : SENDER_UNKNOWN;
	}
	event->cause = cause_of(signal, crash.sent);
}

static void fill_trace(struct event *event)
{
	event->outcome = crash.outcome;
	event->frames = crash.trace.frames;
	event->frame_count = crash.trace.count;
	event->trace_us = crash.trace_us;
}

static void fill_fingerprint(struct event *event)
{
	event->fingerprint = trace_fingerprint(event->frames, event->frame_count);
}

static void fill_thread(struct event *event)
{
	char path[48];
	ssize_t length;

	event->process.tid = crash.tid;
	text_format(
		path, sizeof path, "/proc/%d/task/%d/comm", atomic_load(&life.owner), crash.tid);
	length = file_read(path, crash.thread, sizeof crash.thread);
	crash.thread[length > 0 && crash.thread[length - 1] == '\n' ? length - 1 : 0] = '\0';
	event->process.thread = crash.thread;
}

static void fill_abort_message(struct event *event)
{
	if (crash.abort_message[0] != '\0')
		event->abort_message = crash.abort_message;
}

static void fill_exception(struct event *event)
{
	if (crash.terminating && event->cause == CAUSE_ABORT)
		cxx_exception_fill(event);
	if (python_exception_pending())
		python_exception_fill(event);
}

/* What the event is made of, in this order. */
static void (*const fills[])(struct event *) = {
	fill_signal,
	fill_trace,
	fill_fingerprint,
	fill_sender,
	fill_thread,
	fill_abort_message,
	python_stack_fill,
	fill_exception,
};

/* Before code of the host's can run into another one. */
static void take_abort_message(void)
{
	if (crash.number == SIGABRT)
		abort_message_read(crash.abort_message, sizeof crash.abort_message);
}

static void take_frames(void)
{
	if (crash.context == NULL)
		trace_from_here(
			&crash.trace, &crash.registers, (const void *)(uintptr_t)crash_abort);
	else
		trace_from_context(&crash.trace, crash.context);
}

static void take_modules(void)
{
	trace_modules(&crash.trace);
}

static void take_names(void)
{
	trace_symbolize(&crash.trace);
}

static void take_terminating(void)
{
	crash.terminating = crash.number == SIGABRT && cxx_is_terminating(&crash.trace);
}

/* What is found out first, in rising risk. */
static void (*const takes[])(void) = {
	take_abort_message,
	take_frames,
	take_modules,
	take_names,
	take_terminating,
};

#define FILL_COUNT (sizeof fills / sizeof *fills)
#define TAKE_COUNT (sizeof takes / sizeof *takes)
#define FILL_PART(i) ((unsigned)(i))
#define TAKE_PART(i) ((unsigned)(FILL_COUNT + (i)))
_Static_assert(FILL_COUNT + TAKE_COUNT <= PARTS_MAX, "more parts than parts.h counts");

static void send_event(void)
{
	struct event *event = tell_begin(TELL_SIGNAL, NODE_FAILED,
		crash.context == NULL ? "abort" : "signal", &crash.at);

	for (size_t i = 0; i < FILL_COUNT; i++) {
		if (!part_begin(FILL_PART(i)))
			continue;
		fills[i](event);
		part_end(FILL_PART(i));
	}
	tell_send(TELL_SIGNAL);
	atomic_store(&crash.told, true);
}

static void take_trace(void)
{
	struct instant begin = instant_now();

	for (size_t i = 0; i < TAKE_COUNT; i++) {
		if (!part_begin_once(TAKE_PART(i)))
			continue;
		takes[i]();
		crash.trace_us += instant_now().mono_us - begin.mono_us;
		begin = instant_now();
	}
}

/* A signal that somebody sent, or that is nobody's fault. */
static bool is_victim(void)
{
	return !is_own_doing(crash.number) ||
	       (was_sent(&crash.info) && crash.info.si_pid != atomic_load(&life.owner));
}

/* What is left of MILLISECONDS since it happened. */
static int left_of(int milliseconds)
{
	int64_t gone = (instant_now().mono_us - crash.at.mono_us) / 1000;

	return gone < milliseconds ? (int)(milliseconds - gone) : 0;
}

static void tell_trace(void *nothing)
{
	(void)nothing;
	take_trace();
	/* A victim's time is short: what it was enough for is told by another one. */
	if (!crash.terminating && !crash.asks_python && !is_victim())
		send_event();
}

static void tell_rest(void *nothing)
{
	(void)nothing;
	if (!is_victim() || left_of(VICTIM_MS) > 0)
		take_trace();
	send_event();
}

/* Copy what must not be lost; the claim is ours. */
static void crash_begin(int number, const siginfo_t *info, const void *context)
{
	crash.at = instant_now();
	crash.number = number;
	crash.info = *info;
	crash.context = context;
	crash.tid = sys_gettid();
	crash.outcome = TRACE_OK;
	crash.abort_message[0] = '\0';
	crash.trace.count = 0;
	crash.trace_us = 0;
	crash.terminating = false;
	crash.trace.until_us = 0;
	atomic_store(&crash.told, false);
	parts_forget();
	tell_anew();
}

/* The first failure is what the trace is told with. */
static void note_outcome(enum trace_outcome outcome)
{
	if ((outcome == TRACE_DIED || outcome == TRACE_TIMEOUT) &&
		crash.outcome != TRACE_DIED && crash.outcome != TRACE_TIMEOUT)
		crash.outcome = outcome;
}

/* Run WORK beside the process, else in it. Returns how that ended. */
static enum trace_outcome attempt(void (*work)(void *), int milliseconds, int most)
{
	enum trace_outcome outcome = tracer_run_patiently(work, NULL, milliseconds, most);

	if (outcome == TRACE_NONE) {
		if (crash.outcome == TRACE_OK)
			crash.outcome = TRACE_IN_PROCESS;
		crash.trace.until_us = instant_now().mono_us + (int64_t)milliseconds * 1000;
		outcome = in_process_run(work, NULL);
	}
	note_outcome(outcome);
	return outcome;
}

/* Until it is told: each attempt leaves out what the ones before died of. */
static void tell_at_last(void)
{
	enum trace_outcome outcome = TRACE_OK;

	for (int i = 0; i < ATTEMPTS && !atomic_load(&crash.told); i++) {
		int left = left_of(BUDGET_MS);

		/* Only what all attempts need, the write, can have stopped the last one. */
		if (outcome == TRACE_TIMEOUT && left == 0 && i > 0)
			left = PATIENCE_MS;
		if (outcome == TRACE_TIMEOUT && i > 1)
			return;
		if (is_victim() && i == 0)
			left = 2 * VICTIM_MS; /* so that a part that hangs costs it no more */
		outcome = attempt(tell_rest, left > LAST_MS ? left : LAST_MS, PATIENCE_MS);
		if (outcome == TRACE_NONE && part_has_ended(FILL_PART(FILL_COUNT - 1)))
			return; /* it hangs in the write, and we would */
		if (outcome == TRACE_NONE)
			send_event();
	}
}

static void ask_more(void)
{
	int left = is_victim() ? left_of(VICTIM_MS) : PYTHON_MS;

	if (crash.asks_python && left > 0)
		note_outcome(python_stack_take(left));
	if (crash.terminating && sandbox_lets_more_pass()) {
		enum trace_outcome outcome = tracer_run(cxx_ask, NULL, WHAT_MS);

		if (!cxx_exception_is_known())
			note_outcome(outcome);
	}
}

static void crash_tell(void)
{
	int first;

	/* There, nothing is cloned, and no stack is switched. */
	if (on_valgrind()) {
		crash.outcome = TRACE_NONE;
		take_abort_message();
		send_event();
	} else {
		crash.asks_python = sandbox_lets_more_pass() && tell_wants_python_stacks() &&
				    python_stack_is_there() && !python_exception_pending();
		first = is_victim() ? VICTIM_MS : BUDGET_MS;
		attempt(tell_trace, first, is_victim() ? first : PATIENCE_MS);
		ask_more();
		tell_at_last();
	}
	life_end_is_told();
}

void crash_signal(int number, const siginfo_t *info, const void *context)
{
	if (!life_claim_end(END_BY_SIGNAL)) {
		life_await_end(OTHERS_MS);
		return;
	}
	crash_begin(number, info, context);
	crash_tell();
}

static void crash_abort(const struct trace_registers *registers)
{
	siginfo_t info = {
		.si_signo = SIGABRT,
		.si_code = SI_TKILL,
		.si_pid = sys_getpid(),
		.si_uid = (uid_t)sys_call(SYS_getuid, 0, 0, 0, 0, 0, 0),
	};

	if (!life_claim_end(END_BY_SIGNAL)) {
		life_await_end(OTHERS_MS);
		return;
	}
	crash.registers = *registers;
	crash_begin(SIGABRT, &info, NULL);
	crash_tell();
}

/*
 * Where nothing of the host's stands between abort() and death, it is told here: the signal that
 * follows may come on an alternate stack that has no room for a second frame. Where the host has a
 * handler, the handler goes first.
 */
VIGIL_EXPORT void abort(void)
{
	struct trace_registers registers;

	if (life_is_ours() && !disposition_is_handler(SIGABRT)) {
		registers_here(&registers);
		crash_abort(&registers);
		signals_release(SIGABRT);
	}
	real()->abort();
	__builtin_unreachable();
}
