/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tracer.h - does risky work beside a dying process instead of in it.
 *
 * The work runs in a child that shares our memory (clone with CLONE_VM, no CLONE_THREAD) on a stack
 * of its own, under a deadline. If it faults or hangs, it alone dies, and what it stored until then
 * stays. Its cost does not depend on how much memory the program has, and its termination is seen
 * by nobody else (exit signal 0: no SIGCHLD, and wait() does not return for it). The work must not
 * be code of the host's unless that is confined. Signal-safe: yes, it needs little stack. Threads:
 * one at a time in a process.
 */
#pragma once

#include "core/events/event.h"

#include <signal.h>
#include <stdbool.h>

/* The comm of the child; core/cli/run/run_monitor.c knows it by that name. */
#define TRACER_NAME "vigil-tracer"

/*
 * Run WORK(ARGUMENT) beside this process. Returns TRACE_OK when it returned, TRACE_DIED when it
 * faulted, TRACE_TIMEOUT when MILLISECONDS were over and it was killed, and TRACE_NONE when nothing
 * ran, as the kernel refused the child or an earlier one cannot be killed. While it runs, all
 * signals of the calling thread are blocked.
 */
enum trace_outcome tracer_run(void (*work)(void *), void *argument, int milliseconds);

/*
 * The same, but a child that is runnable or waits for a disk, and has had a processor for less than
 * a tenth of its time, has up to MOST milliseconds: so it is where a thousand processes die at
 * once.
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
