/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadline.h - waits with a deadline, which holds also where a seccomp filter refuses the system
 * calls for the wait, the pause or the clock, or lets them return at once.
 *
 * Signal-safe: yes. Threads: each with a deadline of its own.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct deadline {
	int64_t until_us, seen_us; /* of CLOCK_MONOTONIC */
	unsigned still;		   /* how often in a row the clock was read and had not moved */
};

/* A deadline that is MILLISECONDS from now. */
struct deadline deadline_in(int milliseconds);

/* Whether it has passed, or the clock stands still. */
bool deadline_is_over(struct deadline *deadline);

/* Wait until WORD is not VALUE any more; whoever changes it wakes the futex. Returns false when the
 * deadline passed first. */
bool deadline_wait(struct deadline *deadline, _Atomic int *word, int value);
