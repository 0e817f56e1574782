/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind.h - one step up a stack that may be damaged.
 *
 * By call frame information where the code has any; else by the frame pointer, if what it points to
 * looks like a frame, or where there is none by what calls leave behind (unwind_code.h); and from a
 * pc that leads nowhere, by the return address that the call has just pushed. It stops rather than
 * guess. Signal-safe: yes. Threads: one at a time per walk.
 */
#pragma once

#include "core/base/frame.h"
#include "core/trace/modules.h"
#include "core/trace/registers.h"

/* Why a walk ends that has reached the end of the stack. */
#define UNWIND_END_OF_STACK "end of stack"

struct unwind {
	struct trace_registers registers; /* of the frame that the walk has come to */
	bool exact;	      /* its pc is an interrupted instruction, not a return address */
	bool signal_frame;    /* after unwind_step(): whether the frame was a signal handler's */
	enum frame_kind kind; /* how it was found */
	bool first;
	uint64_t floor; /* the next frame's address is above it */
	struct modules *modules;
	struct memory_reader code, stack;
};

/* Begin at REGISTERS, whose pc is an instruction, not a return address. MODULES is kept and used.
 */
void unwind_init(
	struct unwind *unwind, const struct trace_registers *registers, struct modules *modules);

/* The frame's pc. */
static inline uint64_t unwind_pc(const struct unwind *unwind)
{
	return unwind->registers.value[REGISTER_PC];
}

/* The address to look the frame up by: a return address may lie behind the end of its function. */
static inline uint64_t unwind_lookup_pc(const struct unwind *unwind)
{
	return unwind_pc(unwind) - !unwind->exact;
}

/* Step to the caller. Returns NULL; or why there is none, in static storage, and only signal_frame
 * has changed. */
const char *unwind_step(struct unwind *unwind);
