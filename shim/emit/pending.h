/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pending.h - signals that this process has sent to others, and whose events are still to be
 * written.
 *
 * Writing one takes tens of microseconds, and what a program does right behind a kill() may belong
 * to it: two SIGTERMs that follow each other are one for who gets them, and two if there is time
 * between them. So the fact is kept in memory, and its event is written where the program waits by
 * itself, or ends. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/events/event.h"
#include "shim/base/process_state.h"

/*
 * At AT_US of CLOCK_MONOTONIC this process, whose life is ours, sent signal NUMBER to PID, as far
 * as REACH says. Returns false when there is no room, and the caller has to emit it. Makes no
 * system call.
 */
bool pending_add(pid_t pid, enum event_reach reach, int number, int64_t at_us);

/* What pending_flush() does where there is something to write. */
bool pending_write(void);

/*
 * This process is about to wait, or has waited: write what is kept, unless another thread is about
 * it. In a child that shares its parent's memory, nothing happens. Where nothing is kept, that is
 * one comparison. All signals are blocked while it writes; those that came meanwhile have been
 * handled when it returns. Returns whether a handler of the program's has run: to a program that
 * waits for nothing else, the wait is over.
 */
static inline bool pending_flush(void)
{
	return atomic_load_explicit(&process_words.pending_filled, memory_order_relaxed) > 0 &&
	       pending_write();
}

/* This process is about to end, or to be another program: the same, but another thread that writes
 * is waited for, some 100 ms at most. */
void pending_flush_last(void);

/* The same in a process that a signal ends, in its tracer or in itself: nobody is waited for. */
void pending_flush_dying(void);
