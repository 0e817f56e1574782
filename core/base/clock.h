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
 * From now on read clocks by READ, libc's clock_gettime(), which needs no system call; before, they
 * are read by system calls. For programs that call the API, where a record takes less time than a
 * system call; not for the preload, as libc reads the time stamp counter, which the program may
 * have forbidden (PR_SET_TSC). Call it once, before any other thread.
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

/* The time of CLOCK_MONOTONIC alone, by one call; instant_at() makes an instant of it later. */
int64_t instant_mono_us(void);

/* The same in milliseconds. */
static inline int64_t instant_mono_ms(void)
{
	return instant_mono_us() / 1000;
}

/* The instant at which CLOCK_MONOTONIC was at MONO_US; its real_us by how the two clocks differ
 * now. */
struct instant instant_at(int64_t mono_us);

/* Both clocks, read one after the other. */
struct instant instant_now(void);

/*
 * When a process began, from its start time in /proc (START_TICKS since boot, 1/100 s): the end of
 * that tick, so never before its true start nor its parent's, and never later than NOW.
 */
struct instant instant_of_start(uint64_t start_ticks, struct instant now);
