/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadline.h - waits that end, also where a filter of system calls refuses the wait, the pause or
 * the clock, or answers at once that all is done.
 *
 * Signal-safe: yes. Threads: each with a deadline of its own.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct deadline {
	int64_t until_us, seen_us; /* of CLOCK_MONOTONIC */
	unsigned still;		   /* how often the clock was asked and had not moved */
};

/* A deadline so many milliseconds from now. */
struct deadline deadline_in(int milliseconds);

/* Whether it is over: the clock says so, or stands still. */
bool deadline_is_over(struct deadline *deadline);

/* Wait for WORD to be another than VALUE, of which a futex wake reports. Returns false when the
 * deadline came first. */
bool deadline_wait(struct deadline *deadline, _Atomic int *word, int value);
