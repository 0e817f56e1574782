/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.h - a stack trace of the calling process, in three stages of rising risk.
 *
 * trace_from_context() or trace_from_here() find the pcs: they read the stack, and call frame
 * information in memory. trace_modules() finds the objects they lie in, with build-ids: it may ask
 * /proc. trace_symbolize() finds the names of functions: it opens files.
 *
 * What a stage has found stays good when a later one is cut short: `count` grows after a frame is
 * whole, and a frame's module and function are set after what they point to. So another process
 * that shares the memory may read a trace that was never finished.
 *
 * Signal-safe: yes, and in a CLONE_VM child; nothing allocates, locks, or touches errno. It takes
 * some 48 KiB of stack. Threads: one at a time per trace; the walked stack must stand still.
 */
#pragma once

#include "core/base/frame.h"
#include "core/base/text.h"
#include "core/trace/modules.h"
#include "core/trace/registers.h"

#define TRACE_FRAMES_MAX 128
#define TRACE_NAMES_SIZE ((size_t)72 * 1024)

/* Owned by the caller, who need not clear it but for until_us; pointers in `frames` point into it
 * or into static storage. */
struct trace {
	int64_t until_us; /* no frame, object or object's names are begun after this instant of
			     CLOCK_MONOTONIC; 0: no limit */
	struct frame frames[TRACE_FRAMES_MAX]; /* the innermost first */
	unsigned count;
	bool truncated;	  /* there are more frames */
	const char *stop; /* why the walk stopped, in static storage; "end of stack" where the trace
			     is complete */
	struct modules modules;
	struct text names; /* paths and functions, each with its NUL */
	char storage[TRACE_NAMES_SIZE];
};

/* Walk the stack of the interrupted code, from UCONTEXT, a signal handler's third argument. */
void trace_from_context(struct trace *trace, const void *ucontext);

/*
 * The stack at REGISTERS, as registers_here() took them. The first frames that lie in the same
 * object as the code at INSIDE are left out: pass a function of the preload, so that it does not
 * show; NULL leaves out none.
 */
void trace_from_here(
	struct trace *trace, const struct trace_registers *registers, const void *inside);

/* Whether TRACE reaches the end of the stack. */
bool trace_is_whole(const struct trace *trace);

/* Fill in the module and the offset of every frame. */
void trace_modules(struct trace *trace);

/* Fill in the function of every frame whose module has a name for it. Comes after trace_modules().
 */
void trace_symbolize(struct trace *trace);

/* A hash that is equal for traces of the same failure: of the 8 innermost frames' object (base name
 * and build-id) and function, or offset where the function is unknown. 0 for no frames, and only
 * then. */
uint64_t trace_fingerprint(const struct frame *frames, size_t count);
