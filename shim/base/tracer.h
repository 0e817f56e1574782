/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tracer.h - does risky work beside a dying process instead of in it.
 *
 * The work runs in a child that shares our memory (clone with CLONE_VM, no CLONE_THREAD) on a stack
 * of its own, under a deadline. If the work faults or hangs, only the child dies, and what the work
 * has stored stays. The cost does not depend on how much memory the program has, and nobody else
 * sees the child's termination (exit signal 0: no SIGCHLD, and wait() does not return for it). The
 * work must not run the host's code, unless it confines itself first. Signal-safe: yes, it needs
 * little stack. Threads: one at a time in a process.
 */
#pragma once

#include "core/events/event.h"

#include <signal.h>
#include <stdbool.h>

/* The comm of the child; core/cli/run/run_monitor.c knows it by that name. */
#define TRACER_NAME "vigil-tracer"

/*
 * Run WORK(ARGUMENT) in a child. Returns TRACE_OK if WORK returned, TRACE_DIED if it faulted,
 * TRACE_TIMEOUT if it was killed after MILLISECONDS, and TRACE_NONE if nothing ran, because the
 * kernel refused the child or an earlier child cannot be killed. Meanwhile the calling thread
 * blocks all signals.
 */
enum trace_outcome tracer_run(void (*work)(void *), void *argument, int milliseconds);

/*
 * As tracer_run(), but a child that is starved has up to MOST milliseconds: one that is runnable or
 * waits for a disk, and has had a processor for less than a tenth of its time. That happens when a
 * thousand processes die at once.
 */
enum trace_outcome tracer_run_patiently(
	void (*work)(void *), void *argument, int milliseconds, int most);

struct tracer_stacks {
	char *top; /* the upper end of the stack, which has a guard below */
	stack_t alternate;
};

/* The tracer's stacks, for in_process.c. Returns false when a tracer that cannot be killed may be
 * on them. */
bool tracer_stacks(struct tracer_stacks *ret_stacks);
