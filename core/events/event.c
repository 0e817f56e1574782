/* SPDX-License-Identifier: Apache-2.0 */
/* The readable forms of an event: reason, message, trace. */
#include "core/events/event.h"
#include "core/base/error_text.h"
#include "core/base/path.h"
#include "core/base/signal_table.h"
#include "core/events/frame_origin.h"
#include "core/logging/level.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* "solver.c:88", or the file alone where the line is not known. */
static void add_line(const char *file, int line, struct text *text)
{
	text_add(text, file);
	if (line > 0)
		text_printf(text, ":%d", line);
}

/* "step (solver.c:88)", "step (solver+0x1139)", "solver+0x1139". */
static void add_place(const struct frame *frame, struct text *text)
{
	const char *module = frame->module == NULL ? NULL : path_base(frame->module->path);

	if (frame->function != NULL)
		text_add(text, frame->function);
	if (frame->function != NULL && (frame->file != NULL || module != NULL))
		text_add(text, " (");
	if (frame->file != NULL)
		add_line(path_base(frame->file), frame->line, text);
	else if (module != NULL)
		text_printf(text, "%s+0x%lx", module, (unsigned long)frame->offset);
	else if (frame->function == NULL)
		text_printf(text, "0x%lx", (unsigned long)frame->pc);
	if (frame->function != NULL && (frame->file != NULL || module != NULL))
		text_char(text, ')');
}

/* The index of the first native frame, behind the interpreter's; 0 when there is none. */
static size_t first_native(const struct event *event)
{
	size_t at = 0;

	while (at < event->frame_count && event->frames[at].kind == FRAME_PYTHON)
		at++;
	return at < event->frame_count ? at : 0;
}

static void add_in(const struct frame *frame, struct text *text)
{
	text_add(text, " in ");
	add_place(frame, text);
}

/* The location of the failure: the innermost frame outside the runtime libraries, or, where all
 * frames are in these, the innermost one. */
static void add_where(const struct event *event, struct text *text)
{
	size_t first = first_native(event), at = first;

	if (event->frame_count == 0)
		return;
	while (at < event->frame_count && origin_is_runtime(frame_origin(&event->frames[at])))
		at++;
	add_in(&event->frames[at < event->frame_count ? at : first], text);
}

/* The location of a call that ended the process on purpose: the innermost frame whose line of
 * source is known. A library that makes its errors fatal (PETSc, HDF5, GROMACS) stands inside of
 * that. */
static void add_caller(const struct event *event, struct text *text)
{
	for (size_t at = first_native(event); at < event->frame_count; at++) {
		const struct frame *frame = &event->frames[at];

		if (frame->file == NULL || frame->line <= 0 ||
			origin_is_runtime(frame_origin(frame)))
			continue;
		add_in(frame, text);
		return;
	}
	add_where(event, text);
}

bool event_is_broken_pipe(const struct event_signal *signal)
{
	return signal->number == SIGPIPE && signal->code == SI_USER &&
	       signal->sender_is == SENDER_SELF;
}

static void add_sender(const struct event_signal *signal, struct text *text)
{
	if (event_is_broken_pipe(signal))
		text_add(text, " (nobody reads what it wrote)");
	else if (signal->sender_is == SENDER_SELF)
		text_add(text, " from itself");
	else if (signal->sender_pid > 0 && signal->sender != NULL)
		text_printf(text, " from %s (pid %d)", signal->sender, signal->sender_pid);
	else if (signal->sender_pid > 0)
		text_printf(text, " from pid %d", signal->sender_pid);
}

static void add_what(int number, const char *detail, const uint64_t *address, struct text *text)
{
	char name[16];

	text_add(text, signal_name(number, name));
	if (detail != NULL)
		text_printf(text, " (%s)", detail);
	if (address != NULL)
		text_printf(text, " at 0x%lx", (unsigned long)*address);
}

static const char overflow[] = "stack overflow";

static void add_fault(const struct event *event, struct text *text)
{
	const struct event_fault *fault = &event->fault;

	add_what(fault->number,
		event->stack_overflow ? overflow
				      : event_signal_code_text(fault->number, fault->code),
		fault->has_address ? &fault->address : NULL, text);
}

/* The fault that a handler of the program received, and how the process terminated then. */
static void add_handled(const struct event *event, struct text *text)
{
	char name[16];

	add_fault(event, text);
	add_where(event, text);
	if (event->signal.number == 0)
		text_printf(text, ", then exit %d", event->exit_code);
	else if (event->signal.number != event->fault.number)
		text_printf(text, ", then %s", signal_name(event->signal.number, name));
}

static void add_earlier_fault(const struct event *event, struct text *text)
{
	text_add(text, ", after ");
	add_fault(event, text);
	text_printf(text, " in thread %d", event->fault.tid);
}

static void add_signal(const struct event *event, struct text *text)
{
	const struct event_signal *signal = &event->signal;

	add_what(signal->number,
		event->stack_overflow && event->fault.number == 0 ? overflow
		: signal->has_code ? event_signal_code_text(signal->number, signal->code)
				   : NULL,
		signal->has_address ? &signal->address : NULL, text);
	add_sender(signal, text);
	if (event->abort_message != NULL)
		text_printf(text, ": %.*s", (int)strcspn(event->abort_message, "\n"),
			event->abort_message);
	if (event->cause == CAUSE_FAULT || event->cause == CAUSE_ABORT)
		add_where(event, text);
}

static void add_exception(const struct event_exception *exception, struct text *text)
{
	text_add(text, exception->type == NULL ? exception->language : exception->type);
	if (exception->message != NULL && exception->message[0] != '\0')
		text_printf(
			text, ": %.*s", (int)strcspn(exception->message, "\n"), exception->message);
}

/* The Python frame that called exit() says more than the interpreter's native frames. Where a
 * signal followed, the stack is the signal's, not that of the exit. */
static void add_exit(const struct event *event, struct text *text)
{
	text_printf(
		text, event->how == HOW_MPI_ABORT ? "MPI_Abort(%d)" : "exit %d", event->exit_code);
	if (event->signal.number != 0) {
		text_add(text, ", then ");
		add_signal(event, text);
	} else if (event->exec.path != NULL) {
		text_add(text, " (");
		event_exec_text(&event->exec, text);
		text_char(text, ')');
	} else if (event->frame_count > 0 && event->frames[0].kind == FRAME_PYTHON) {
		add_in(&event->frames[0], text);
	} else {
		add_caller(event, text);
	}
}

/* What the file says of why exec failed, where errno says less, or speaks of another file. */
static bool add_file_error(const struct event_exec *exec, struct text *text)
{
	const char *name = exec->interpreter;
	size_t length = name == NULL ? 0 : strlen(name);

	if (exec->number == ENOENT && exec->file == FILE_ELF)
		text_add(text, "the loader that it names is missing");
	else if (exec->number == ENOENT && length > 0 && name[length - 1] == '\r')
		text_printf(text, "its first line (#!%.*s) ends as lines of Windows do",
			(int)length - 1, name);
	else if (exec->number == ENOENT && length > 0)
		text_printf(text, "its interpreter %s is missing", name);
	else if (exec->number == ENOEXEC && exec->file == FILE_ELF)
		text_add(text, "a program for another kind of machine");
	else if (exec->number == ENOEXEC && exec->file == FILE_OTHER)
		text_add(text, "no program, and no script that begins with #!");
	else if (exec->number == EACCES && exec->file == FILE_DIRECTORY)
		text_add(text, "a directory");
	else
		return false;
	return true;
}

void event_exec_text(const struct event_exec *exec, struct text *text)
{
	char buffer[ERROR_TEXT_SIZE];

	text_printf(text, "%s: ", exec->path);
	if (!add_file_error(exec, text))
		text_add(text, error_text(exec->number, buffer));
}

static void add_exec(const struct event *event, struct text *text)
{
	text_add(text, "could not start ");
	event_exec_text(&event->exec, text);
}

/* abort() is reported before it raises its signal; the reason names that signal all the same. */
void event_reason(const struct event *event, struct text *text)
{
	if (event->state != NODE_SUCCEEDED && event->state != NODE_FAILED)
		return;
	if (event->exception.language != NULL && event->cause == CAUSE_EXCEPTION)
		add_exception(&event->exception, text);
	else if (event->cause == CAUSE_EXEC_FAILED && event->exec.path != NULL)
		add_exec(event, text);
	else if (event->fault.number != 0 && event->fault.tid == 0)
		add_handled(event, text);
	else if (event->how != HOW_NONE)
		add_exit(event, text);
	else if (event->signal.number != 0)
		add_signal(event, text);
	else if (event->cause != CAUSE_NONE)
		text_add(text, event_cause_name(event->cause));
	if (event->fault.tid != 0)
		add_earlier_fault(event, text);
}

/* Of a kill(): what was sent, by whom, and to how many. */
static void add_sent(const struct event *event, struct text *text)
{
	char name[16];

	text_printf(text, ": %s sent", signal_name(event->signal.number, name));
	if (event->reach != REACH_ONE)
		text_add(text, event->reach == REACH_GROUP ? " to its group" : " to everybody");
	if (event->reporter.pid > 0)
		text_printf(text, " by %s (pid %d)",
			event->reporter.comm == NULL ? "somebody" : event->reporter.comm,
			event->reporter.pid);
	if (event->already_dead)
		text_add(text, " when it was dead already");
}

/* Of a process that goes on: what it does, and for how long. */
static void add_stand(const struct event *event, struct text *text)
{
	bool moved = event->what != NULL && strcmp(event->what, EVENT_WHAT_MOVED) == 0;
	const char *doing = event->stand.doing == DOING_STOPPED
				    ? "is stopped"
				    : event_doing_name(event->stand.doing);

	text_printf(text, ": %s, and ", doing);
	if (moved)
		text_add(text, "has moved again");
	else
		text_printf(text, "has not moved for %ld s", (long)(event->stand.for_us / 1000000));
}

/* "solver (pid 88)", without a format: every start and end has it. */
static void add_program(const struct event *event, struct text *text)
{
	text_add(text, event->process.program == NULL ? "(null)" : event->process.program);
	text_add(text, " (pid ");
	text_i64(text, event->pid);
	text_char(text, ')');
}

void event_message(const struct event *event, struct text *text)
{
	bool has_rank = event->identity.rank != RANK_UNKNOWN;

	if (has_rank && event->leader)
		text_printf(text, "rank %ld", (long)event->identity.rank);
	else if (has_rank)
		text_printf(text, "helper %d of rank %ld", event->pid, (long)event->identity.rank);
	else
		add_program(event, text);
	text_char(text, ' ');
	text_add(text, node_state_name(event->state));
	if (event->state == NODE_FAILED) {
		text_add(text, ": ");
		event_reason(event, text);
	} else if (event->state == NODE_RUNNING && event->signal.number != 0) {
		add_sent(event, text);
	} else if (event->state == NODE_RUNNING && event->exception.language != NULL) {
		text_add(text, ": raised ");
		add_exception(&event->exception, text);
	} else if (event->stand.doing != DOING_UNKNOWN) {
		add_stand(event, text);
	} else if (event->system_message != NULL) {
		text_printf(text, ": %s: %s", event->what, event->system_message);
	} else if (event->failed_call.function != NULL) {
		text_printf(text, ": %s failed, and returned %ld", event->failed_call.function,
			(long)event->failed_call.returned);
	} else if (event->what != NULL && strcmp(event->what, EVENT_WHAT_WATCH) == 0) {
		text_add(text, ": watches its command");
	} else if (event->what != NULL && strcmp(event->what, EVENT_WHAT_WATCHED) == 0) {
		text_add(text, ": its command has ended");
	} else if (event->what != NULL && strcmp(event->what, EVENT_WHAT_DROPPED) == 0) {
		text_printf(text, ": %u event%s not taken by all handlers",
			(unsigned)event->dropped, event->dropped == 1 ? "" : "s");
	}
}

void event_frame_line(size_t index, const struct frame *frame, struct text *text)
{
	text_printf(text, "#%-2zu ", index);
	if (frame->function != NULL)
		text_printf(
			text, "%s+0x%lx", frame->function, (unsigned long)frame->function_offset);
	else
		text_printf(text, "0x%lx", (unsigned long)frame->pc);
	if (frame->module != NULL)
		text_printf(text, " (%s+0x%lx)", frame->module->path, (unsigned long)frame->offset);
	if (frame->file != NULL) {
		text_char(text, ' ');
		add_line(frame->file, frame->line, text);
	}
	text_char(text, '\n');
}

void event_error_trace(const struct event *event, struct text *text)
{
	size_t native = 0;

	if (event->state != NODE_FAILED && event->exception.language == NULL)
		return;
	if (event->foreign_trace != NULL)
		text_add(text, event->foreign_trace);
	for (size_t i = 0; i < event->frame_count; i++) {
		const struct frame *frame = &event->frames[i];

		if (frame->kind == FRAME_PYTHON)
			continue;
		if (frame->left_out > 0)
			text_printf(text, "    … %u frames left out\n", frame->left_out);
		native += frame->left_out;
		event_frame_line(native++, frame, text);
	}
	if (event->truncated && native > 0)
		text_add(text, EVENT_MORE_FRAMES);
	if (event->threads_trace != NULL)
		text_add(text, event->threads_trace);
	if (event->report_file != NULL)
		text_printf(text, "Report: %s\n", event->report_file);
}

static int failure_level(const struct event *event)
{
	if (event->cause == CAUSE_TERMINATED)
		return LEVEL_WARNING;
	if (event->cause == CAUSE_FAULT || event->cause == CAUSE_ABORT)
		return LEVEL_CRITICAL;
	return LEVEL_ERROR;
}

int event_level(const struct event *event)
{
	bool helper = event->identity.rank != RANK_UNKNOWN && !event->leader;

	if (event->second_hand)
		return LEVEL_DEBUG;
	if (event->state == NODE_FAILED)
		return failure_level(event);
	return helper ? LEVEL_DEBUG : LEVEL_INFO;
}
