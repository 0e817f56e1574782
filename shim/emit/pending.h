/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pending.h - the events of signals that this process has sent to others, until they are written.
 *
 * Writing an event takes tens of microseconds, and no time may pass between two calls of the host
 * that belong together: two SIGTERMs of `timeout` that follow each other are one for the process
 * that gets them. So kill() and the like keep the fact in a ring in the process's own pages, and
 * its event is written, with its instant, before the next call that waits (host/blocking.c,
 * host/children.c), in any thread; before exec; before the event of the termination; and before the
 * program kills or stops itself by a signal that our handler is not installed for. Where
 * PENDING_MAX are kept, they are written at once. A process that SIGKILL kills between kill() and
 * that loses what it kept: an event in a file that a mapping shares would outlive it, and cost
 * every program that sends one signal a file. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/events/event.h"
#include "shim/base/process_state.h"

/*
 * At AT_US of CLOCK_MONOTONIC this process, for which process_is_ours(), sent signal NUMBER to PID,
 * as far as REACH says. Returns false when there is no room, and the caller has to emit it. Makes
 * no system call.
 */
bool pending_add(pid_t pid, enum event_reach reach, int number, int64_t at_us);

/* What pending_flush() does where there is something to write. */
bool pending_write(void);

/*
 * This process is about to wait, or has waited: write what is kept, unless another thread does. In
 * a child that shares its parent's memory, nothing happens. Where nothing is kept, this is one
 * comparison. All signals are blocked meanwhile; those that came have been handled when it returns.
 * Returns whether a handler of the program's has run: for a program that waits for just that, the
 * wait is over.
 */
static inline bool pending_flush(void)
{
	return atomic_load_explicit(&process_words.pending_filled, memory_order_relaxed) > 0 &&
	       pending_write();
}

/* This process is about to terminate or exec: the same, but another thread that writes is waited
 * for, some 100 ms at most. */
void pending_flush_last(void);

/* The same in a process that a signal kills, in its tracer or in itself: no other thread is waited
 * for. */
void pending_flush_dying(void);
