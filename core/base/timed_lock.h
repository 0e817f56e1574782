/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timed_lock.h - a lock for the emit path, with a deadline for every wait.
 *
 * The lock records its holder's process and thread, so that a signal handler that interrupted the
 * holder, and a child that was forked while the lock was held, notice. Signal-safe: yes. Threads:
 * any.
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
 * Take LOCK, waiting at most MOST_MS milliseconds, or less if wait_budget.h allows less. PROCESS is
 * the process whose memory contains the lock: the caller's, except in the tracer of a crash, a
 * process that shares the memory of the crashed one. Returns 0: the caller holds LOCK until
 * timed_lock_give(); 1: likewise, but a thread held LOCK when the process was forked, so that the
 * protected data may be inconsistent; -EDEADLK: this thread holds LOCK, and a signal has
 * interrupted it; -EBUSY: another thread holds LOCK.
 */
int timed_lock_take(struct timed_lock *lock, pid_t process, unsigned most_ms);

/* Release LOCK, which timed_lock_take() took. */
void timed_lock_give(struct timed_lock *lock);
