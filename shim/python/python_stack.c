/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python/python_stack.h"

#include "core/base/memory.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "core/trace/python_frames.h"
#include "core/trace/trace.h"
#include "shim/base/late_memory.h"
#include "shim/base/tracer.h"
#include "shim/emit/preload_settings.h"
#include "shim/python/python_api.h"

#include <string.h>

struct taken {
	bool is_own;
	int64_t us;
	struct memory_reader reader;
	struct python_stacks python;
	struct frame frames[PYTHON_FRAMES_MAX + TRACE_FRAMES_MAX];
};

static void *_Atomic slot;
static struct taken *taken; /* NULL: not taken yet, or no memory for it */

static bool read_own_memory(void *reader, uint64_t address, void *to, size_t size)
{
	return memory_read_exact(reader, (uintptr_t)address, to, size);
}

/* 11 of "3.11.7 (main, …"; 0: no version of Python 3. */
static unsigned minor_version(void)
{
	const char *minor = text_after(python.Py_GetVersion(), "3.");

	return minor == NULL ? 0 : (unsigned)number_prefix(minor);
}

static void read_stacks(void *nothing)
{
	(void)nothing;
	python_frames_read(&taken->python, (uintptr_t)python._PyRuntime, minor_version(),
		(uintptr_t)python.PyGILState_GetThisThreadState());
}

bool python_stack_is_there(void)
{
	return python.PyGILState_GetThisThreadState && python.Py_GetVersion && python._PyRuntime;
}

enum trace_outcome python_stack_take(bool is_own, int milliseconds)
{
	struct instant begin = instant_now();
	enum trace_outcome outcome;

	taken = late_memory(&slot, sizeof *taken);
	if (taken == NULL)
		return TRACE_NONE;
	taken->is_own = is_own;
	taken->reader = (struct memory_reader){0};
	taken->python.reader.memory = (struct python_memory){
		.read = read_own_memory,
		.context = &taken->reader,
		.reads_left = PYTHON_READS_MAX,
	};
	taken->python.reason = NULL;
	taken->python.own.count = taken->python.others_length = 0;
	if (!python_stack_is_there())
		return TRACE_NONE;
	outcome = tracer_run(read_stacks, NULL, milliseconds);
	taken->us = instant_mono_us() - begin.mono_us;
	return outcome;
}

static void put_before(struct event *event)
{
	size_t count = taken->python.own.count, native = event->frame_count;

	memcpy(taken->frames, taken->python.own.frames, count * sizeof *taken->frames);
	if (native > TRACE_FRAMES_MAX)
		native = TRACE_FRAMES_MAX;
	if (native > 0)
		memcpy(taken->frames + count, event->frames, native * sizeof *taken->frames);
	event->frames = taken->frames;
	event->frame_count = count + native;
}

void python_stack_fill(struct event *event)
{
	struct python_stacks *stacks;

	if (taken == NULL)
		return;
	stacks = &taken->python;
	event->trace_us += taken->us;
	event->python_error = stacks->reason;
	if (taken->is_own && stacks->own.count > 0) {
		put_before(event);
		event->foreign_trace = stacks->own_text;
	}
	stacks->others_text[stacks->others_length] = '\0';
	if (stacks->others_length > 0 && settings()->trace.threads != TRACE_THREADS_CRASHED)
		event->threads_trace = stacks->others_text;
}
