/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadline.h - waits with a deadline that holds even if a seccomp filter refuses the system calls
 * for the wait, the pause or the clock, or makes them return at once.
 *
 * Signal-safe: yes. Threads: each with a deadline of its own.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct deadline {
	int64_t until_us, seen_us; /* of CLOCK_MONOTONIC */
	unsigned still;		   /* how many readings in a row found the clock unchanged */
};

/* A deadline that is MILLISECONDS from now. */
struct deadline deadline_in(int milliseconds);

/* Whether DEADLINE has passed, or the clock stands still. */
bool deadline_is_over(struct deadline *deadline);

/* Wait until *WORD differs from VALUE; whoever changes *WORD wakes the futex. Returns false when
 * the deadline passed first. */
bool deadline_wait(struct deadline *deadline, _Atomic int *word, int value);
