/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/crash/exit_trace.h"

#include "core/base/proc.h"
#include "core/base/sys.h"
#include "core/base/valgrind.h"
#include "core/events/wrapper.h"
#include "core/trace/trace.h"
#include "shim/base/late_memory.h"
#include "shim/base/sandbox.h"
#include "shim/base/tracer.h"
#include "shim/crash/crash_event.h"
#include "shim/crash/other_threads.h"
#include "shim/crash/tasks.h"
#include "shim/emit/preload_settings.h"
#include "shim/python/python.h"
#include "shim/python/python_stack.h"

#include <string.h>

/* In milliseconds: a rank that fails holds up all others until its launcher notices. */
#define NATIVE_MS 500
#define PYTHON_MS 500
#define FIRST_THREAD_MS 100

static void *_Atomic slot;
static struct trace *trace;
static char name[TASK_NAME_SIZE]; /* of the exiting thread */

/* Whether `vigil run` has started this process: with the ranks, what the user wants to know of. */
static bool is_command(const struct event *event)
{
	struct process_stat parent;

	return event->process.ppid > 0 && process_stat(event->process.ppid, &parent) == 0 &&
	       strcmp(parent.comm, "vigil") == 0;
}

static bool is_wanted(const struct event *event)
{
	const char *program = event->process.program;

	return settings()->trace.exits && settings()->trace.timeout_ms > 0 &&
	       !program_is_shell(program) && !program_is_starter(program) &&
	       !program_is_launcher(program) && event->how != HOW_RETURN &&
	       event->how != HOW_PTHREAD_EXIT && !on_valgrind() && sandbox_allows_more() &&
	       (event->identity.rank != RANK_UNKNOWN || is_command(event));
}

static int at_most(int milliseconds)
{
	return milliseconds < settings()->trace.timeout_ms ? milliseconds
							   : settings()->trace.timeout_ms;
}

/* In the tracer, which may be killed in any step: what the steps before have stored stays. */
static void take(void *registers)
{
	trace_from_here(trace, registers, (const void *)(uintptr_t)exit_trace_fill);
	trace_modules(trace);
	crash_find_names(trace, 0);
	crash_drop_names(trace);
}

void exit_trace_fill(struct event *event, const struct trace_registers *registers)
{
	struct trace_registers at = *registers;
	struct instant begin = instant_now();
	bool has_python = python_stack_is_there(), runs_python = has_python && python_is_running();

	/* An interpreter that has finalised itself has no Python stack left, and its native one is
	 * always the same; but a program may have been linked with libpython, and not use it. */
	if (!is_wanted(event) ||
		(has_python && !runs_python && program_is_interpreter(event->process.program)))
		return;
	trace = late_memory(&slot, sizeof *trace);
	if (trace == NULL)
		return;
	trace->count = 0;
	trace->truncated = false;
	event->outcome = tracer_run(take, &at, at_most(NATIVE_MS));
	event->trace_us = instant_now().mono_us - begin.mono_us;
	crash_fill_frames(event, trace, 0);
	event->fingerprint = trace_fingerprint(event->frames, event->frame_count);
	event->process.tid = sys_gettid();
	task_name(event->process.tid, name);
	event->process.thread = name;
	if (event->process.tid != event->pid) {
		other_threads_take_first(at_most(FIRST_THREAD_MS));
		other_threads_fill(event);
	}
	if (!runs_python || !settings()->trace.python)
		return;
	python_stack_take(true, at_most(PYTHON_MS));
	python_stack_fill(event);
}
