/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ahead.c - the clocks of core/base/clock.c, of which the wall clock is five seconds ahead: for a
 * command and a preload that a host of tests has instead of its own, as no namespace has a wall
 * clock of its own.
 *
 * Signal-safe: yes. Threads: any.
 */
#include "core/base/sys.h"

#define AHEAD_S 5

static long call_ahead(long number, long a, long b, long c, long d, long e, long f)
{
	long result = sys_call(number, a, b, c, d, e, f);

	if (number == SYS_clock_gettime && a == CLOCK_REALTIME && result == 0)
		((struct timespec *)b)->tv_sec += AHEAD_S;
	return result;
}

#define sys_call call_ahead
#include "core/base/clock.c"
