/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_thread.h - where a thread of another process is.
 *
 * A thread that waits in the kernel is not touched: proc_pid_syscall(5) shows its stack pointer and
 * pc. A thread that runs is stopped by ptrace(2) for as long as its registers and its stack are
 * copied (live_stop.h); but only where it is seen to run twice, LIVE_LOOK_US apart, and once more
 * just before it is stopped, without having waited in between: ptrace would end a wait.
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/live/live_memory.h"
#include "core/live/live_stop.h"
#include "core/trace/registers.h"

#define LIVE_LOOK_US 1000
#define LIVE_LOOKS 50 /* then a thread that neither runs nor waits for long is given up */

/* What a thread is doing. */
enum live_state {
	LIVE_RUNNING,
	LIVE_WAITING,
	LIVE_DISK,    /* waits, and no signal ends that */
	LIVE_STOPPED, /* by a signal such as SIGSTOP */
	LIVE_TRACED,  /* stopped by a debugger */
	LIVE_ENDED,
	LIVE_STATE_COUNT_
};

/* A look at a thread. */
struct live_look {
	enum live_state state;
	char name[64];	/* the thread's own */
	char seen[512]; /* the kernel's words for where it is, and how long it has run: if they are
			   the same later, it has not moved meanwhile */
	bool has_place; /* the thread is not running: */
	uint64_t sp, pc;
};

/* The word for STATE, in static storage, which is part of the output format: "waiting". */
const char *live_state_name(enum live_state state);

/* Look at thread TID of process PID. Returns 0 or -errno; -ESRCH where it has ended. */
int live_thread_look(pid_t pid, pid_t tid, struct live_look *ret_look);

/* Look at thread TID of process PID until it stays at one place. Where it waits, LOOK has its place
 * and REGISTERS what is known of its registers. Where it runs, it is stopped and goes on: then
 * REGISTERS are all of its registers, and COPY its stack, and
 * MEANWHILE, unless it is NULL, is done while it stands still. Returns NULL, or why there is
 * nothing, in static storage; LOOK is set in any case. */
const char *live_thread_take(pid_t pid, pid_t tid, struct live_look *look,
	struct trace_registers *registers, struct live_copy *copy,
	const struct live_meanwhile *meanwhile);
