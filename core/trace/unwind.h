/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind.h - one step up a stack that may be damaged.
 *
 * A step uses call frame information if the code has any; else the traces of calls (unwind_code.h)
 * or the frame pointer, if it points to what looks like a frame; and, from a pc outside any code,
 * the return address that the call has just pushed. Unwinding stops rather than guesses.
 * Signal-safe: yes. Threads: one at a time per walk.
 */
#pragma once

#include "core/base/frame.h"
#include "core/trace/modules.h"
#include "core/trace/registers.h"

/* The reason why a walk stops that has reached the end of the stack. */
#define UNWIND_END_OF_STACK "end of stack"

/* The reason why a walk stops that knows too few registers to go on. */
#define UNWIND_UNKNOWN "the frames above are not known"

struct unwind {
	struct trace_registers registers; /* of the current frame */
	bool exact;	      /* the pc is an interrupted instruction, not a return address */
	bool signal_frame;    /* after unwind_step(): whether the frame was a signal handler's */
	enum frame_kind kind; /* how the frame was found */
	bool first;
	uint64_t floor; /* the next frame's address is above it */
	struct modules *modules;
	struct memory_reader code, stack;
};

/* Begin at REGISTERS, whose pc is an instruction, not a return address. UNWIND uses MODULES, which
 * must outlive it, and reads the memory that MODULES read. */
void unwind_init(
	struct unwind *unwind, const struct trace_registers *registers, struct modules *modules);

/* The current frame's pc. */
static inline uint64_t unwind_pc(const struct unwind *unwind)
{
	return unwind->registers.value[REGISTER_PC];
}

/* The address to look up the current frame by: a return address may lie behind the end of its
 * function. */
static inline uint64_t unwind_lookup_pc(const struct unwind *unwind)
{
	return unwind_pc(unwind) - !unwind->exact;
}

/* Step to the caller. Returns NULL; or, in static storage, why that is impossible, and then only
 * signal_frame has changed. */
const char *unwind_step(struct unwind *unwind);
