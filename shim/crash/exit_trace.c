/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/crash/exit_trace.h"

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

static bool is_wanted(const struct event *event)
{
	const char *program = event->process.program;

	return settings()->trace.exits && settings()->trace.timeout_ms > 0 &&
	       event->identity.rank != RANK_UNKNOWN && !program_is_shell(program) &&
	       !program_is_starter(program) && event->how != HOW_RETURN &&
	       event->how != HOW_PTHREAD_EXIT && !on_valgrind() && sandbox_allows_more();
}

static bool is_interpreter(const struct event *event)
{
	return strncmp(event->process.program, "python", strlen("python")) == 0;
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
	bool has_python = settings()->trace.python && python_stack_is_there();
	bool wants_python = has_python && python_is_running();

	/* An interpreter that has finalised itself has no stack that says anything. A program that
	 * could run Python, and did not, has one of its own. */
	if (!is_wanted(event) || (has_python && !wants_python && is_interpreter(event)))
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
	if (!wants_python)
		return;
	python_stack_take(true, at_most(PYTHON_MS));
	python_stack_fill(event);
}
