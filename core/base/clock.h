/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - an instant on both clocks.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdint.h>
#include <time.h>

/*
 * Read clocks by READ, libc's clock_gettime(), from now on; without this call, clocks are read by
 * system calls. libc needs no system call, which matters to programs that call the API, where a
 * record takes less time than a system call. The preload must not call it: libc reads the time
 * stamp counter, which the program may have forbidden (PR_SET_TSC). Call it once, before other
 * threads start.
 */
void clock_use(int (*read)(clockid_t clock, struct timespec *time));

/* clock_gettime(2), for a clock that every kernel has. */
void clock_read(clockid_t clock, struct timespec *time);

struct instant {
	int64_t real_us; /* microseconds since 1970, CLOCK_REALTIME: compares across hosts, may be
			    set */
	int64_t mono_us; /* microseconds of CLOCK_MONOTONIC: orders what happened on one host */
};

/* The time of CLOCK_REALTIME alone. */
int64_t instant_real_us(void);

/* The time of CLOCK_MONOTONIC alone, in one call; instant_at() can make an instant of it later. */
int64_t instant_mono_us(void);

/* The same in milliseconds. */
static inline int64_t instant_mono_ms(void)
{
	return instant_mono_us() / 1000;
}

/* The instant at which CLOCK_MONOTONIC read MONO_US; real_us is derived from the present difference
 * of the two clocks. */
struct instant instant_at(int64_t mono_us);

/* Both clocks, read one after the other. */
struct instant instant_now(void);

/*
 * The instant at which a process started, from START_TICKS, its start time in /proc (1/100 s since
 * boot). It is the end of that tick, so that it precedes neither the process's true start nor its
 * parent's, but at most NOW.
 */
struct instant instant_of_start(uint64_t start_ticks, struct instant now);
