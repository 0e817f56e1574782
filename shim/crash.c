/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the order of a crash: crash_signal() or abort() on the dying thread copies what it was told
 * and claims the end; tell_crash() runs beside the process in the tracer: trace, event, write; and
 * if that died or was refused, the dying thread writes what is known without a trace. Where
 * std::terminate() is in the trace, a second tracer asks for the exception before a third one
 * writes: what() is the host's code, and may do anything. Up to the tracer only system calls and
 * small frames: the stack may be the host's own alternate one, of a few kilobytes.
 */
#include "shim/crash.h"

#include "core/base/memory.h"
#include "core/base/proc.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "core/trace/frames.h"
#include "core/trace/trace.h"
#include "shim/abort_message.h"
#include "shim/cxx.h"
#include "shim/dispositions.h"
#include "shim/export.h"
#include "shim/fault.h"
#include "shim/life.h"
#include "shim/named.h"
#include "shim/others.h"
#include "shim/python.h"
#include "shim/python_stack.h"
#include "shim/real.h"
#include "shim/report_file.h"
#include "shim/settings.h"
#include "shim/signals.h"
#include "shim/sandbox.h"
#include "shim/tell.h"
#include "shim/tracer.h"

#include <string.h>

/* What telling may take, and asking for an exception, in milliseconds. */
#define TELL_MS 3000
#define WHAT_MS 1000

/* For the other threads' stacks, unless the trace itself has less. */
#define OTHER_THREADS_MS 1000

/* For Python's stacks, likewise. */
#define STACKS_MS 500

/* How far up we look for the sender of a signal. */
#define ANCESTORS_MAX 32

/* The one crash of this process; written by the thread that claimed the end. */
static struct {
	int number;
	siginfo_t info;
	const void *context; /* NULL: abort() */
	struct trace_registers registers;
	struct frame_register named[REGISTER_COUNT];
	struct instant at;
	pid_t tid;
	char thread[16];
	char sender[64];
	char abort_message[1024];
	struct trace trace;
	int64_t trace_us;
	enum trace_outcome outcome;
	bool hurried;	  /* the trace has less time than telling may take: two tracers */
	bool terminating; /* by std::terminate(): there may be an exception */
	atomic_int sent; /* the event is being written, or is */
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

static bool has_fault_address(const siginfo_t *info)
{
	return info->si_code > 0 && info->si_code != SI_KERNEL &&
	       (info->si_signo == SIGSEGV || info->si_signo == SIGBUS || info->si_signo == SIGILL ||
		       info->si_signo == SIGFPE || info->si_signo == SIGTRAP);
}

static void fill_sender(struct event_signal *signal, const siginfo_t *info)
{
	struct process_stat stat;

	signal->sender_pid = info->si_pid;
	signal->sender_uid = info->si_uid;
	signal->sender_is = sender_kind(info->si_pid);
	if (info->si_pid > 0 && process_stat(info->si_pid, &stat) == 0) {
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
	signal->sender_is = SENDER_UNKNOWN;
	signal->sender = NULL;
	signal->sender_pid = 0;
	return true;
}

static void fill_signal(struct event *event)
{
	const siginfo_t *info = &crash.info;
	struct event_signal *signal = &event->signal;
	bool sent = was_sent(info);

	signal->number = crash.number;
	signal->has_code = true;
	signal->code = info->si_code;
	signal->has_address = has_fault_address(info);
	signal->address = signal->has_address ? (uint64_t)(uintptr_t)info->si_addr : 0;
	if (sent)
		fill_sender(signal, info);
	if (sent && signal->sender_is == SENDER_SELF && fill_fault(signal))
		sent = false;
	event->cause = cause_of(signal, sent);
}

static void fill_trace(struct event *event, enum trace_outcome outcome)
{
	event->outcome = outcome;
	event->frames = crash.trace.frames;
	event->frame_count = crash.trace.count;
	event->trace_us = crash.trace_us;
	event->fingerprint = trace_fingerprint(event->frames, event->frame_count);
	event->truncated = crash.trace.truncated;
	if (event->frame_count > 0 && !trace_is_whole(&crash.trace))
		event->stop = crash.trace.stop;
	if (event->frame_count > (size_t)settings()->trace.frames) {
		event->frame_count = (size_t)settings()->trace.frames;
		event->truncated = true;
		event->stop = FRAMES_TOO_MANY;
	}
}

static void fill_registers(struct event *event)
{
	if (crash.context != NULL)
		registers_from_context(&crash.registers, crash.context);
	event->register_count = registers_list(&crash.registers, crash.named);
	event->registers = crash.named;
}

static void read_thread_name(void)
{
	char path[48];
	ssize_t length;

	text_format(
		path, sizeof path, "/proc/%d/task/%d/comm", atomic_load(&life.owner), crash.tid);
	length = file_read(path, crash.thread, sizeof crash.thread);
	crash.thread[length > 0 && crash.thread[length - 1] == '\n' ? length - 1 : 0] = '\0';
}

static void send_event(enum trace_outcome outcome)
{
	struct event *event = tell_begin(TELL_SIGNAL, NODE_FAILED,
		crash.context == NULL ? "abort" : "signal", &crash.at);

	fill_signal(event);
	fill_trace(event, outcome);
	read_thread_name();
	event->process.tid = crash.tid;
	event->process.thread = crash.thread;
	if (crash.abort_message[0] != '\0')
		event->abort_message = crash.abort_message;
	if (settings()->trace.registers)
		fill_registers(event);
	python_stack_fill(event);
	others_fill(event);
	if (crash.terminating && event->cause == CAUSE_ABORT)
		cxx_exception_fill(event);
	if (python_exception_pending())
		python_exception_fill(event);
	report_file_fill(event);
	atomic_store(&crash.sent, 1);
	tell_send(TELL_SIGNAL);
}

static void take_trace(void)
{
	struct instant begin = instant_now();

	if (crash.context == NULL)
		trace_from_here(
			&crash.trace, &crash.registers, (const void *)(uintptr_t)crash_abort);
	else
		trace_from_context(&crash.trace, crash.context);
	trace_modules(&crash.trace);
	named_find(&crash.trace, crash.number);
	crash.trace_us = instant_now().mono_us - begin.mono_us;
}

static void tell_traced(void *nothing)
{
	(void)nothing;
	send_event(crash.outcome);
}

static void tell_crash(void *nothing)
{
	take_trace();
	crash.terminating = crash.number == SIGABRT && settings()->trace.cxx &&
			    cxx_is_terminating(&crash.trace);
	named_settle(&crash.trace);
	if (!crash.terminating && !crash.hurried)
		tell_traced(nothing);
}

/* Copy what must not be lost; the claim is ours. */
static void crash_begin(int number, const siginfo_t *info, const void *context)
{
	crash.at = instant_now();
	crash.number = number;
	crash.info = *info;
	crash.context = context;
	crash.tid = sys_gettid();
	atomic_store(&crash.sent, 0);
	crash.trace.count = 0;
	crash.trace.truncated = false;
	crash.terminating = false;
	crash.outcome = TRACE_OK;
	/* Before code of the host's can run into another one. */
	if (number != SIGABRT || !settings()->trace.abort_message ||
		!abort_message_read(crash.abort_message, sizeof crash.abort_message))
		crash.abort_message[0] = '\0';
}

static void crash_tell(void)
{
	int most = settings_trace_ms(crash.number);
	bool more = most > 0 && sandbox_lets_more_pass();

	crash.hurried = most < TELL_MS;
	if (more && settings()->trace.python && !python_exception_pending())
		python_stack_take(most < STACKS_MS ? most : STACKS_MS);
	if (most > 0 && settings()->trace.threads == TRACE_THREADS_ALL)
		others_take(most < OTHER_THREADS_MS ? most : OTHER_THREADS_MS);
	crash.outcome = most > 0 ? tracer_run(tell_crash, NULL, most) : TRACE_NONE;
	if (crash.terminating && more)
		tracer_run(cxx_ask, NULL, WHAT_MS);
	if (crash.terminating || crash.hurried)
		tracer_run(tell_traced, NULL, TELL_MS);
	if (!atomic_load(&crash.sent))
		send_event(crash.outcome);
	life_end_is_told();
}

/* What another dying thread waits for the one that tells. */
static int others_ms(void)
{
	return settings()->trace.timeout_ms + OTHER_THREADS_MS + WHAT_MS + TELL_MS + 1000;
}

void crash_signal(int number, const siginfo_t *info, const void *context)
{
	if (!life_claim_end(END_BY_SIGNAL)) {
		life_await_end(others_ms());
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
		life_await_end(others_ms());
		return;
	}
	crash.registers = *registers;
	crash_begin(SIGABRT, &info, NULL);
	crash_tell();
}

/* Its registers and all that it puts on the stack are gone before abort() goes on. */
static __attribute__((noinline)) void tell_abort(void)
{
	struct trace_registers registers;

	registers_here(&registers);
	crash_abort(&registers);
	signals_release(SIGABRT);
}

/*
 * abort(). Where nothing of the host's stands between it and death, it is told here: the signal
 * that follows may come on an alternate stack that has no room for a second frame. Where the host
 * has a handler, the handler goes first. Its type is not libc's, which says that it does not
 * return: so the last line is a jump, and no frame of ours lies in the core, nor in what a handler
 * of the host's prints.
 */
VIGIL_EXPORT void call_abort(void) __asm__("abort");

void call_abort(void)
{
	typedef void plain_call(void);

	if (life_is_ours() && signals_is_ours(SIGABRT) && !disposition_is_handler(SIGABRT))
		tell_abort();
	((plain_call *)real()->abort)();
}
