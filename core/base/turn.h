/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turn.h - one thread at a time, where a signal handler or a fork may come in between.
 *
 * The turn belongs to a thread, which may take it again from inside (from a signal handler, too),
 * and to a process: what a forked child has inherited from a thread that it does not have is free.
 * Nobody waits longer than a deadline. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* All zero is free. */
struct turn {
	_Atomic uint64_t owner; /* pid in the upper half, tid in the lower; 0: free */
	unsigned depth;		/* how often its owner has taken it */
};

/* Take the turn, waiting WAIT_MS milliseconds at most. False: it is another thread's still. */
bool turn_take(struct turn *turn, int wait_ms);

/* Give back what turn_take() took. */
void turn_give(struct turn *turn);
