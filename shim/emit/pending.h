/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pending.h - the events of signals that this process has sent to others, until they are written.
 *
 * Writing an event takes tens of microseconds, and no time may pass between two calls of the host
 * that belong together: two SIGTERMs of `timeout` that follow each other are one for the process
 * that gets them. So kill() and the like note the signal and its instant in a ring in the process's
 * own pages. The events are written before the next call that waits (host/blocking.c,
 * host/children.c), in any thread; before exec; before the event of the termination; and before the
 * program kills or stops itself by a signal that our handler is not installed for. When the ring is
 * full, they are written at once. If SIGKILL kills the process before that, the ring's events are
 * lost: a ring in a shared mapping of a file would outlive the process, but cost every program that
 * sends one signal a file. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/events/event.h"
#include "shim/base/process_state.h"

/*
 * Note that at AT_US of CLOCK_MONOTONIC this process, for which process_is_ours() holds, sent
 * signal NUMBER to PID, with reach REACH; ALREADY_DEAD as for agent_sent(). Returns false if
 * there is no room: the caller emits the event itself. Makes no system call.
 */
bool pending_add(pid_t pid, enum event_reach reach, int number, int64_t at_us, bool already_dead);

/* The part of pending_flush() for a ring that is not empty. */
bool pending_write(void);

/*
 * This process is about to wait, or has waited: write the pending events, unless another thread
 * does. Does nothing in a child that shares its parent's memory; costs one comparison if nothing is
 * pending. Signals are blocked meanwhile, and those that came are delivered before it returns.
 * Returns whether a handler of the program's has run: a program that waits for that must not wait
 * any more.
 */
static inline bool pending_flush(void)
{
	return atomic_load_explicit(&process_words.pending_filled, memory_order_relaxed) > 0 &&
	       pending_write();
}

/* As pending_flush(), before this process terminates or calls exec: waits for another thread that
 * writes, some 100 ms at most. */
void pending_flush_last(void);

/* As pending_flush(), in a process that a signal kills, or in its tracer: does not wait for other
 * threads. */
void pending_flush_dying(void);
