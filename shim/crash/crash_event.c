/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/crash/crash_event.h"

#include "core/base/memory.h"
#include "core/base/proc.h"
#include "core/base/text.h"
#include "core/events/jvm_report.h"
#include "core/events/wait_status.h"
#include "core/trace/frames.h"
#include "shim/base/call_entry.h"
#include "shim/base/kernel_action.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/base/sandbox.h"
#include "shim/crash/cxx.h"
#include "shim/crash/other_threads.h"
#include "shim/crash/tasks.h"
#include "shim/emit/exec_failure.h"
#include "shim/emit/own_output.h"
#include "shim/emit/preload_settings.h"
#include "shim/python/python.h"
#include "shim/python/python_stack.h"

#include <string.h>
#include <unistd.h>

/* Among how many ancestors the sender of a signal is looked for. */
#define ANCESTORS_MAX 32

struct crash crash LARGE_STATIC;

/* __abort_msg, a private symbol: struct { unsigned size; char message[]; } *. */
bool abort_message_read(char *message, size_t size)
{
	uintptr_t slot = (uintptr_t)real_lookup_libc("__abort_msg"), at = 0;
	struct memory_reader reader = {0};
	size_t length;

	if (slot == 0 || !memory_read_exact(&reader, slot, &at, sizeof at) || at == 0)
		return false;
	if (!memory_read_string(&reader, at + sizeof(unsigned), message, size))
		return false;
	length = strlen(message);
	while (length > 0 && message[length - 1] == '\n')
		message[--length] = '\0';
	return length > 0;
}

static enum event_sender sender_kind(pid_t sender)
{
	struct process_stat stat;
	pid_t pid = atomic_load(&process_words.owner);

	if (sender == pid)
		return SENDER_SELF;
	for (int i = 0; i < ANCESTORS_MAX && pid > 1 && process_stat(pid, &stat) == 0; i++) {
		pid = stat.ppid;
		if (pid == sender)
			return SENDER_ANCESTOR;
	}
	return SENDER_OTHER;
}

static bool was_sent(const siginfo_t *info)
{
	return info->si_code <= 0 && info->si_code != SI_TIMER && info->si_code != SI_MESGQ &&
	       info->si_code != SI_ASYNCIO && info->si_code != SI_SIGIO;
}

static bool has_fault_address(const siginfo_t *info)
{
	return info->si_code > 0 && info->si_code != SI_KERNEL &&
	       (SIGNAL_BIT(info->si_signo) & SIGNALS_EXCEPTION) != 0;
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

bool crash_is_of_original_fault(void)
{
	const struct original_fault *original_fault = &crash.original_fault;

	return original_fault->tid != 0 && crash.is_own &&
	       (original_fault->tid == crash.dying || original_fault->number == crash.number);
}

/* The index of the frame that the original fault's handler interrupted; the number of frames if the
 * trace does not reach that frame. */
static unsigned original_fault_frame(void)
{
	const struct frame *frames = crash.trace.frames;
	unsigned found = crash.trace.count;
	struct trace_registers registers;

	if (crash.original_fault.context == crash.stack)
		return 0;
	registers_from_context(&registers, crash.original_fault.context);
	for (unsigned i = 1; i < crash.trace.count; i++)
		if (frame_is_signal(&frames[i - 1]) && frames[i].pc == registers.value[REGISTER_PC])
			found = i;
	return found;
}

bool crash_original_fault_is_in_trace(void)
{
	return crash.original_fault.tid == crash.dying &&
	       original_fault_frame() < crash.trace.count;
}

/* ORIGINAL_FAULT is an abort(), in whose handler the host was when somebody ended it. */
static bool is_handled_abort(const struct original_fault *original_fault)
{
	return !original_fault->is_fault && !crash.is_own && original_fault->fault.code == SI_TKILL;
}

/* The fault that a handler of the host's was called for. */
static void fill_fault(struct event *event)
{
	const struct original_fault *original_fault = &crash.original_fault;

	if (original_fault->tid == 0 ||
		(!original_fault->is_fault && !is_handled_abort(original_fault)))
		return;
	event->fault = (struct event_fault){
		.number = original_fault->number,
		.code = original_fault->fault.code,
		.has_address = original_fault->fault.has_address,
		.address = original_fault->fault.address,
		.tid = crash_is_of_original_fault() ? 0 : original_fault->tid,
	};
	if (crash_is_of_original_fault())
		event->cause = CAUSE_FAULT;
}

/* If the process was exiting when it was terminated, its peers lost it by the exit, so the exit is
 * the cause. */
static void fill_exit(struct event *event)
{
	struct instant since;
	int status;

	if (!process_is_exiting(&status, &since))
		return;
	event->cause = CAUSE_EXIT;
	event->how = HOW_EXIT;
	event->exit_code = status;
	event->at = since;
}

static void fill_signal(struct event *event)
{
	const siginfo_t *info = &crash.info;
	struct event_signal *signal = &event->signal;
	bool own;

	crash.sent = was_sent(info);
	own = crash.sent && info->si_pid == atomic_load(&process_words.owner);
	signal->number = crash.number;
	signal->has_code = true;
	signal->code = info->si_code;
	signal->has_address = has_fault_address(info);
	signal->address = signal->has_address ? (uint64_t)(uintptr_t)info->si_addr : 0;
	if (crash_is_of_original_fault() && crash.original_fault.is_fault &&
		crash.original_fault.number == crash.number) {
		/* The host's handler raised the signal of the fault again: the event has the
		 * fault's own siginfo, not that of the second signal. */
		signal->code = crash.original_fault.fault.code;
		signal->has_address = crash.original_fault.fault.has_address;
		signal->address = crash.original_fault.fault.address;
		crash.sent = false;
	}
	if (crash.sent) {
		signal->sender_pid = info->si_pid;
		signal->sender_uid = info->si_uid;
		signal->sender_is = own ? SENDER_SELF : SENDER_UNKNOWN;
	}
	event->cause = crash.sent && signal->sender_is != SENDER_SELF
			       ? CAUSE_TERMINATED
			       : event_cause_of_signal(signal->number);
	if (event->cause == CAUSE_TERMINATED)
		fill_exit(event);
	fill_fault(event);
}

void crash_find_names(struct trace *trace, int number)
{
	const struct trace_settings *wanted = &settings()->trace;

	if (wanted->names == TRACE_NAMES_OFF && !(wanted->cxx && number == SIGABRT))
		return;
	trace->modules.memory_only = wanted->names != TRACE_NAMES_SYMTAB;
	trace_symbolize(trace);
}

/* Whether NAME was looked up: a mark such as "<signal handler called>" was not. */
static bool was_found(const struct trace *trace, const char *name)
{
	return name >= trace->storage && name < trace->storage + sizeof trace->storage;
}

void crash_drop_names(struct trace *trace)
{
	if (settings()->trace.names != TRACE_NAMES_OFF)
		return;
	for (unsigned i = 0; i < trace->count; i++)
		if (was_found(trace, trace->frames[i].function))
			trace->frames[i].function = NULL;
}

static void show_frames(struct event *event, const struct trace *trace, unsigned first)
{
	event->frames = trace->frames + first;
	event->frame_count = trace->count - first;
	event->truncated = trace->truncated;
	if (event->frame_count > 0 && !trace_is_whole(trace))
		event->stop = trace->stop;
}

void crash_fill_frames(struct event *event, struct trace *trace, unsigned first)
{
	unsigned most = (unsigned)settings()->trace.frames;

	if (!trace->truncated && trace->count > first)
		trace->count =
			first + frames_leave_out(trace->frames + first, trace->count - first, most);
	show_frames(event, trace, first);
	if (event->frame_count > most) {
		event->frame_count = most;
		event->truncated = true;
		event->stop = FRAMES_TOO_MANY;
	}
}

static void fill_trace(struct event *event)
{
	event->outcome = crash.outcome;
	event->trace_us = crash.trace_us;
	show_frames(event, &crash.trace, 0);
}

/* As many frames as are wanted. Leave out those of the host's handler, which lie before the
 * original fault's. */
static void fill_frames(struct event *event)
{
	unsigned first = crash_is_of_original_fault() ? original_fault_frame() : 0;

	crash_fill_frames(event, &crash.trace, first < crash.trace.count ? first : 0);
}

static void fill_overflow(struct event *event)
{
	const struct original_fault *original_fault = &crash.original_fault;
	const void *context = crash.context;
	int number = crash.number, code = crash.info.si_code;
	uint64_t address = has_fault_address(&crash.info) ? (uint64_t)crash.info.si_addr : 0;

	if (crash_is_of_original_fault() && original_fault->is_fault) {
		context = original_fault->context;
		number = original_fault->number;
		code = original_fault->fault.code;
		address = original_fault->fault.has_address ? original_fault->fault.address : 0;
	}
	if (context != NULL && number == SIGSEGV && code > 0 && crash.trace.count > 0)
		event->stack_overflow = trace_is_overflow(&crash.trace, context, address);
}

/* The report that a Java VM has written of its crash, after which the VM calls abort(): looked for
 * if a frame lies in libjvm.so, and taken if the file is ours and not older than the process.
 * Node's report is not looked for, because its name contains the time. */
static void fill_jvm_report(struct event *event)
{
	static struct jvm_report report LARGE_STATIC;

	if (sandbox_allows_more() && jvm_report_find(event, environ, &report))
		event->report_file = report.path;
}

static void fill_fingerprint(struct event *event)
{
	event->fingerprint = trace_fingerprint(event->frames, event->frame_count);
}

static void fill_thread(struct event *event)
{
	event->process.tid = crash.tid;
	task_name(crash.tid, crash.thread);
	event->process.thread = crash.thread;
}

static void fill_abort_message(struct event *event)
{
	if (crash.abort_message[0] != '\0')
		event->abort_message = crash.abort_message;
}

static void fill_registers(struct event *event)
{
	if (!settings()->trace.registers)
		return;
	if (crash.stack != NULL)
		registers_from_context(&crash.registers, crash.stack);
	event->register_count = registers_list(&crash.registers, crash.named);
	event->registers = crash.named;
}

static void fill_exception(struct event *event)
{
	if (crash.terminating && event->cause == CAUSE_ABORT)
		cxx_exception_fill(event);
	/* An exception that the program survived does not explain a signal from outside. */
	if (event->cause == CAUSE_TERMINATED ? python_exception_is_final()
					     : python_exception_pending())
		python_exception_fill(event);
}

/* Who calls exec in vain, and then aborts, or writes of that to a parent that reads no more, ends
 * because of the exec. */
static void fill_exec_failure(struct event *event)
{
	bool gave_up = event->cause == CAUSE_ABORT ||
		       (event->cause == CAUSE_FAULT && event->signal.number == SIGPIPE);

	if (gave_up && exec_failure_fill(event))
		event->cause = CAUSE_EXEC_FAILED;
}

/* In this order; none depends on a later one. */
static void (*const event_steps[])(struct event *) = {
	fill_signal,
	fill_trace,
	fill_jvm_report, /* needs the VM's frames, which fill_frames leaves out */
	fill_frames,
	fill_overflow,
	fill_fingerprint,
	fill_sender,
	fill_thread,
	fill_abort_message,
	fill_registers,
	python_stack_fill,
	other_threads_fill,
	fill_exception,
	fill_exec_failure,
	call_entry_fill,
	own_output_fill,
};
_Static_assert(
	sizeof event_steps / sizeof *event_steps == CRASH_EVENT_STEPS, "crash_event.h counts them");

void crash_fill(unsigned i, struct event *event)
{
	event_steps[i](event);
}

void crash_fill_exit(struct event *event)
{
	fill_fault(event);
	if (!crash_is_of_original_fault() || !crash.original_fault.is_fault)
		return;
	fill_trace(event);
	fill_frames(event);
	fill_overflow(event);
	fill_fingerprint(event);
	fill_thread(event);
	fill_registers(event);
}
