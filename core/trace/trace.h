/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.h - a stack trace of the calling process, in three stages of rising risk.
 *
 * trace_from_context() or trace_from_here() finds the pcs: they read the stack, and call frame
 * information in memory. trace_modules() finds the objects that contain the pcs, with build-ids: it
 * may read /proc. trace_symbolize() finds the names of functions: it opens files.
 *
 * The result of a stage stays valid if a later stage is never finished: `count` grows after a frame
 * is complete, and a frame's pointers to module and function are set after their targets. So
 * another process that shares the memory may read an unfinished trace.
 *
 * Signal-safe: yes, and in a CLONE_VM child; nothing allocates, locks, or touches errno. Uses some
 * 48 KiB of stack. Threads: one at a time per trace; the walked stack must stand still.
 */
#pragma once

#include "core/base/frame.h"
#include "core/base/text.h"
#include "core/trace/modules.h"
#include "core/trace/registers.h"

#define TRACE_FRAMES_MAX 128
#define TRACE_NAMES_SIZE ((size_t)72 * 1024)

/* Owned by the caller, who need only initialise until_us; pointers in `frames` point into the
 * struct or into static storage. */
struct trace {
	int64_t until_us; /* work on another frame, object or object's names does not begin after
			     this instant of CLOCK_MONOTONIC; 0: no limit */
	struct frame frames[TRACE_FRAMES_MAX]; /* the innermost first */
	unsigned count;
	bool truncated;	  /* there are more frames */
	const char *stop; /* why the walk stopped, in static storage; "end of stack": the trace is
			     complete */
	struct modules modules;
	struct text names; /* paths and functions, each with its NUL */
	char storage[TRACE_NAMES_SIZE];
};

/* Walk the stack of the interrupted code, from UCONTEXT, a signal handler's third argument. */
void trace_from_context(struct trace *trace, const void *ucontext);

/*
 * Walk the stack at REGISTERS, which registers_here() has set. Leaves out the innermost frames that
 * are in the same object as the code at INSIDE; the preload passes one of its functions, to leave
 * out its own frames. NULL leaves out none.
 */
void trace_from_here(
	struct trace *trace, const struct trace_registers *registers, const void *inside);

/*
 * Whether the code that UCONTEXT interrupted failed for want of stack: ADDRESS, where it could not
 * read or write, lies in its own frame or a little below. An ADDRESS of 0 is unknown; then the
 * question is whether there is room for the frame of a signal handler. Uses TRACE's modules.
 */
bool trace_is_overflow(struct trace *trace, const void *ucontext, uint64_t address);

/* Whether TRACE reaches the end of the stack. */
bool trace_is_whole(const struct trace *trace);

/* Fill in the module and the offset of every frame. */
void trace_modules(struct trace *trace);

/* Fill in the function of every frame whose module has a name for it. To be called after
 * trace_modules(). */
void trace_symbolize(struct trace *trace);

/* A hash that is equal for traces of the same failure. It covers, of the 8 innermost frames, the
 * object (base name and build-id) and the function, or the offset if the function is unknown. 0
 * only if there are no frames. */
uint64_t trace_fingerprint(const struct frame *frames, size_t count);
