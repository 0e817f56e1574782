/* SPDX-License-Identifier: Apache-2.0 */
/*
 * other_threads.h - the native stacks of the other threads of a dying process (`trace.threads:
 * all`), or of its first thread alone, where another one ends a rank.
 *
 * A tracer of its own stops them by ptrace(2), unwinds their stacks, and lets them go on. The
 * program can notice: as after SIGSTOP and SIGCONT, calls that the kernel does not restart, such as
 * epoll_wait() (signal(7)), return EINTR. So this is done only if a configuration asks for it,
 * within a second (50 ms for a signal of `signals.terminated`). The dying thread waits for the
 * tracer and is not stopped. A thread in an uninterruptible wait (D: a disk, a vfork child) cannot
 * be stopped: it is reported without frames, and costs 5 ms. Signal-safe: yes. Threads: the one
 * that reports the termination.
 */
#pragma once

#include "core/events/event.h"

/* Take the stacks of all threads but the calling one, within MILLISECONDS. */
void other_threads_take(int milliseconds);

/* Take the stack of the process's first thread, which is not the calling one, if that cannot notice
 * the stop: it runs, or waits in a call that the kernel makes again. */
void other_threads_take_first(int milliseconds);

/* Put the stacks into EVENT, or the reason why there are none. May be called again for the same
 * event; does nothing if other_threads_take() was not called. */
void other_threads_fill(struct event *event);
