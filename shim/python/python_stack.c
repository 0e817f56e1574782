/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter dumps its stacks to a descriptor, which the tracer opens: the tracer has a
 * descriptor table of its own, so the program loses no number. The descriptor is a memory file of
 * PYTHON_DUMP_SIZE bytes, mapped into the memory that the tracer shares with the process, so that
 * what was written before a fault of the tracer's is kept.
 */
#include "shim/python/python_stack.h"

#include "core/base/sys.h"
#include "core/trace/python_dump.h"
#include "core/trace/trace.h"
#include "shim/base/late_memory.h"
#include "shim/base/tracer.h"
#include "shim/emit/preload_settings.h"
#include "shim/python/python_api.h"
#include "shim/python/python_walk.h"

#include <linux/memfd.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

/* Since Linux 6.3, which may be set to require it. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

struct python_stacks {
	const char *_Atomic dumped; /* PYTHON_DUMP_SIZE bytes, NUL where nothing was written */
	bool is_own;
	int64_t us;
	struct python_dump dump;
	struct frame frames[PYTHON_FRAMES_MAX + TRACE_FRAMES_MAX];
};

static void *_Atomic slot;
static struct python_stacks *stack; /* NULL: not taken yet, or no memory for it */

/* A memory file that cannot grow: a write beyond its size fails. Negative: the kernel refuses one.
 */
static int open_file(void)
{
	static const unsigned flags[] = {
		MFD_CLOEXEC | MFD_NOEXEC_SEAL, MFD_CLOEXEC | MFD_ALLOW_SEALING};
	long fd = -1;

	for (size_t i = 0; fd < 0 && i < sizeof flags / sizeof *flags; i++)
		fd = sys_new_fd(SYS_memfd_create, (long)"vigil", flags[i], 0, 0);
	if (fd < 0 || sys_call(SYS_ftruncate, fd, (long)PYTHON_DUMP_SIZE, 0, 0, 0, 0) < 0 ||
		sys_fcntl((int)fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0)
		return -1;
	return (int)fd;
}

static bool interpreter_dumps(void)
{
	return python._Py_DumpTraceback && python._Py_DumpTracebackThreads;
}

static void dump_by_interpreter(int fd, PyThreadState *own)
{
	/* Dumped on its own, because the interpreter dumps only the first of many threads. */
	if (own != NULL)
		python._Py_DumpTraceback(fd, own);
	python._Py_DumpTracebackThreads(fd, NULL, own);
}

static void dump_stacks(void *nothing)
{
	PyThreadState *own = python.PyGILState_GetThisThreadState();
	int fd = open_file();
	long map;

	(void)nothing;
	if (fd < 0)
		return;
	map = sys_call(SYS_mmap, 0, PYTHON_DUMP_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (map <= 0 && map > -4096)
		return;
	atomic_store(&stack->dumped, (const char *)map);
	if (interpreter_dumps())
		dump_by_interpreter(fd, own);
	else
		python_walk_dump(fd, own);
}

bool python_stack_is_there(void)
{
	return python.PyGILState_GetThisThreadState &&
	       (interpreter_dumps() || python_walk_is_possible());
}

enum trace_outcome python_stack_take(bool is_own, int milliseconds)
{
	struct instant begin = instant_now();
	enum trace_outcome outcome;

	stack = late_memory(&slot, sizeof *stack);
	if (stack == NULL)
		return TRACE_NONE;
	atomic_store(&stack->dumped, NULL);
	stack->is_own = is_own;
	stack->dump.count = 0;
	stack->dump.own[0] = stack->dump.others[0] = '\0';
	if (!python_stack_is_there())
		return TRACE_NONE;
	outcome = tracer_run(dump_stacks, NULL, milliseconds);
	stack->us = instant_mono_us() - begin.mono_us;
	return outcome;
}

static void read_dump(void)
{
	const char *dumped = atomic_exchange(&stack->dumped, NULL);

	if (dumped == NULL)
		return;
	python_dump_read(&stack->dump, dumped, strnlen(dumped, PYTHON_DUMP_SIZE));
	sys_call(SYS_munmap, (long)dumped, PYTHON_DUMP_SIZE, 0, 0, 0, 0);
}

static void put_before(struct event *event)
{
	size_t count = stack->dump.count, native = event->frame_count;

	memcpy(stack->frames, stack->dump.frames, count * sizeof *stack->frames);
	if (native > TRACE_FRAMES_MAX)
		native = TRACE_FRAMES_MAX;
	if (native > 0)
		memcpy(stack->frames + count, event->frames, native * sizeof *stack->frames);
	event->frames = stack->frames;
	event->frame_count = count + native;
}

void python_stack_fill(struct event *event)
{
	if (stack == NULL)
		return;
	read_dump();
	event->trace_us += stack->us;
	if (stack->is_own && stack->dump.count > 0)
		put_before(event);
	if (stack->is_own && stack->dump.own[0] != '\0')
		event->foreign_trace = stack->dump.own;
	if (stack->dump.others[0] != '\0' && settings()->trace.threads != TRACE_THREADS_CRASHED)
		event->threads_trace = stack->dump.others;
}
