/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that a library of MPI's ended, because the program asked for that or by itself. */
#include "core/report/job/rules.h"

#include "core/events/frame_origin.h"
#include "core/report/job/thresholds.h"

#include <fnmatch.h>
#include <signal.h>
#include <string.h>

/* The function of MPI's libraries that ends the process, and those by which the program, or an
 * error of its own, comes there; patterns of fnmatch(3). */
#define ENDER "ompi_mpi_abort"
#define HANDLER "ompi_mpi_errors_are_fatal_"
static const char *const callers[] = {"*MPI_Abort", HANDLER "*"};

/* What libraries of MPI wait for news in, and the library by which ranks talk to their launcher. */
#define EVENT_LOOP "event_base_loop"
#define CLIENT "libpmix."

static bool stack_has(const struct event *event, const char *pattern)
{
	for (size_t i = 0; i < event->frame_count; i++)
		if (event->frames[i].function != NULL &&
			fnmatch(pattern, event->frames[i].function, 0) == 0)
			return true;
	return false;
}

/* A frame of EVENT is the program's own, or of an interpreter's script. */
static bool has_own_frame(const struct event *event)
{
	for (size_t i = 0; i < event->frame_count; i++)
		if (event->frames[i].kind == FRAME_PYTHON ||
			frame_origin(&event->frames[i]) == ORIGIN_PROGRAM)
			return true;
	return false;
}

static bool is_handler(const struct frame *frame)
{
	return frame->function != NULL && fnmatch(HANDLER "*", frame->function, 0) == 0;
}

static bool is_client(const struct frame *frame)
{
	return frame->module != NULL && strstr(frame->module->path, "/" CLIENT) != NULL;
}

/* News that came in while MPI's library waited made it call MPI's error handler, as Open MPI 5 does
 * when its launcher is gone, or write of it to the launcher, which reads no more: no call of the
 * program's was wrong. */
static bool ended_by_news(const struct event *event)
{
	bool handled = false;

	for (size_t i = 0; i < event->frame_count; i++) {
		const struct frame *frame = &event->frames[i];

		if (frame_origin(frame) == ORIGIN_PROGRAM)
			return false;
		handled = handled || is_handler(frame) ||
			  (event->signal.number == SIGPIPE && is_client(frame));
		if (handled && frame->function != NULL && strcmp(frame->function, EVENT_LOOP) == 0)
			return true;
	}
	return false;
}

/* MPI's library ended PROCESS, and neither the program nor MPI's error handler for a call of the
 * program's called it. The function that the program calls may be in no frame, as it ends in a
 * jump. */
static bool ended_by_library(const struct process *process)
{
	const struct event *event = termination_event(process);
	bool ended = event->how != HOW_NONE && event->how != HOW_MPI_ABORT &&
		     stack_has(event, ENDER) && !has_own_frame(event);

	for (size_t i = 0; i < sizeof callers / sizeof *callers && ended; i++)
		ended = !stack_has(event, callers[i]);
	return ended || ended_by_news(event);
}

bool rules_called_abort(const struct termination *end)
{
	return end->event.signal.number != 0 && text_lines_have(&end->error_trace, "MPI_Abort");
}

bool rules_exits_by_abort(const struct process *process)
{
	const struct termination *end = process->termination->end;

	return end->event.how == HOW_MPI_ABORT ||
	       (end->event.how != HOW_NONE &&
		       (text_lines_have(&end->error_trace, "MPI_Abort+") ||
			       (text_lines_have(&end->error_trace, ENDER) &&
				       !text_lines_have(&end->error_trace, HANDLER) &&
				       !ended_by_library(process))));
}

/* A library ended PROCESS from a thread of its own: none of the program's code is in the stack. */
static bool ended_by_a_thread_of_a_library(const struct process *process)
{
	const struct event *event = termination_event(process);

	return (event->cause == CAUSE_ABORT || event->cause == CAUSE_EXIT) &&
	       event->how != HOW_MPI_ABORT && event->process.tid != 0 &&
	       event->process.tid != process->pid && event->frame_count > 0 &&
	       !has_own_frame(event);
}

/* The nearest launcher of PROCESS that has a termination; NULL: there is none. */
static const struct process *ended_launcher(const struct process *process)
{
	const struct process *at = process->parent;

	for (int depth = 0; at != NULL && depth < PROCESS_DEPTH_MOST; depth++, at = at->parent)
		if (!at->is_rank && at->termination != NULL &&
			rules_name_is(NAME_LAUNCHER, at->program))
			return at;
	return NULL;
}

/* Of a launcher that said nothing itself, its waiter's word may be late. */
static bool launcher_was_gone(const struct process *process)
{
	const struct process *launcher = ended_launcher(process);

	return launcher != NULL &&
	       launcher->ended_us - (launcher->own_termination == NULL ? LATENESS_WAITER_US : 0) <=
		       process->ended_us;
}

enum failure_class rules_library_class(const struct process *process)
{
	bool gone = launcher_was_gone(process);

	if (process->termination->source != SOURCE_WORKER)
		return FAILURE_OWN;
	if (ended_by_library(process))
		return gone || ended_launcher(process) == NULL ? FAILURE_LAUNCHER_LOST
							       : FAILURE_PEER_LOST;
	return gone && ended_by_a_thread_of_a_library(process) ? FAILURE_LAUNCHER_LOST
							       : FAILURE_OWN;
}
