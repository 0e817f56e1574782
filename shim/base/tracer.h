/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tracer.h - does risky work beside a dying process instead of in it.
 *
 * The work runs in a child that shares our memory (clone with CLONE_VM, no CLONE_THREAD) on a stack
 * of its own, under a deadline. If it faults or hangs, it alone dies: what it stored until then is
 * there. Its cost does not depend on how much memory the program has, and nobody is reported its
 * end (exit signal 0: no SIGCHLD, and wait() does not see it). Signal-safe: yes, it needs little
 * stack. Threads: one at a time in a process.
 */
#pragma once

#include "core/events/event.h"

#include <signal.h>
#include <stdbool.h>

/* The comm of the child; core/cli/run/run_supervise.c knows it by that name. */
#define TRACER_NAME "vigil-tracer"

/*
 * Run WORK(ARGUMENT) beside this process. Returns TRACE_OK when it returned, TRACE_DIED when it
 * faulted, TRACE_TIMEOUT when MILLISECONDS were over and it was killed, and TRACE_NONE when there
 * was no child, as the kernel refused it or an earlier one cannot be killed: then nothing ran.
 * While it runs, all signals of the calling thread are blocked.
 */
enum trace_outcome tracer_run(void (*work)(void *), void *argument, int milliseconds);

/*
 * The same, but where a machine has so much to do that the child wants to run, or waits for a disk,
 * and had a processor for less than a tenth of its time, it has more of it, MOST milliseconds in
 * all.
 */
enum trace_outcome tracer_run_patiently(
	void (*work)(void *), void *argument, int milliseconds, int most);

struct tracer_stacks {
	char *top; /* the end of the stack, with a guard below it */
	stack_t alternate;
};

/* The tracer's stacks, for whoever works in its place. Returns false when one that cannot be killed
 * may be on them. */
bool tracer_stacks(struct tracer_stacks *ret_stacks);
