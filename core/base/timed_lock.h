/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timed_lock.h - a lock for the emit path, which nobody waits for without a deadline.
 *
 * The holder is known by process and thread, so that a signal handler which interrupted it, and a
 * child that was forked in the middle of its work, find out. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

/* All zero: nobody holds it. */
struct timed_lock {
	atomic_uint_least64_t holder; /* the process in the upper half, the thread in the lower */
};

/*
 * Take LOCK, waiting for it at most WAIT_BUDGET_MS milliseconds, as far as wait_budget.h allows.
 * PROCESS is the process whose memory the lock lies in: the caller's, but for the tracer of a
 * crash, which is a process of its own in the memory of the one that crashed. Returns 0: the caller
 * holds it until timed_lock_give(); 1: the same, but it was taken from a thread that held it when
 * the process was forked: what the lock protects is in no known state; -EDEADLK: this thread holds
 * it, and was interrupted by a signal; -EBUSY: another thread holds it.
 */
int timed_lock_take(struct timed_lock *lock, pid_t process, unsigned most_ms);

/* Release what timed_lock_take() took. */
void timed_lock_give(struct timed_lock *lock);
