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
 * Read clocks by READ, libc's clock_gettime(), which needs no system call; until then the kernel is
 * asked. For programs that log themselves, where a record takes less time than a system call; not
 * for the preload: libc's reads the time stamp counter, which the host may have forbidden
 * (PR_SET_TSC). Once, before any other thread.
 */
void clock_use(int (*read)(clockid_t clock, struct timespec *time));

/* clock_gettime(), for a clock that is always there. */
void clock_read(clockid_t clock, struct timespec *time);

struct instant {
	int64_t real_us; /* microseconds since 1970, CLOCK_REALTIME: compares across hosts, may be
			    set */
	int64_t mono_us; /* microseconds of CLOCK_MONOTONIC: orders what happened on one host */
};

/* The first of them alone. */
int64_t instant_real_us(void);

/* CLOCK_MONOTONIC alone: an instant that takes one call, for instant_at() later. */
int64_t instant_mono_us(void);

/* The instant at which CLOCK_MONOTONIC stood at MONO_US, by how the clocks differ now. */
struct instant instant_at(int64_t mono_us);

/* Both clocks, read one after the other. */
struct instant instant_now(void);

/*
 * When a process began, from its start time in /proc (START_TICKS since boot, 1/100 s): the end of
 * that tick, so never before it was there, nor before its parent; and never later than NOW.
 */
struct instant instant_of_start(uint64_t start_ticks, struct instant now);
