/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timed_lock.h - one at a time works on something, and nobody waits long for it: a lock for the
 * emit path.
 *
 * The holder is known by process and thread, so that a signal handler which interrupted it, and a
 * child that was forked in the middle of its work, find out. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

/* All zero: nobody is. */
struct timed_lock {
	atomic_uint_least64_t holder; /* the process in the upper half, the thread in the lower */
};

/*
 * Begin, as a thread of PROCESS (who reports a crash in the program's memory is not its own
 * process), after at most PATIENCE_MS milliseconds, as far as patience.h allows. Returns
 *  0: timed_lock_give() ends it;
 *  1: the same, but a process that this one was forked from was in the middle of it: what it
 *     worked on is in no known state;
 *  -EDEADLK: this thread is in the middle of it, interrupted by a signal;
 *  -EBUSY: another thread is.
 */
int timed_lock_take(struct timed_lock *lock, pid_t process, unsigned patience_ms);

/* The end of what timed_lock_take() began. */
void timed_lock_give(struct timed_lock *lock);
