/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"

#include "core/base/sys.h"

#include <stddef.h>

/* proc(5): user space always sees ticks of 1/100 s (USER_HZ), whatever the kernel's own tick is. */
#define TICK_US 10000

static int (*libc_read)(clockid_t clock, struct timespec *time);

void clock_use(int (*read)(clockid_t clock, struct timespec *time))
{
	libc_read = read;
}

void clock_read(clockid_t clock, struct timespec *time)
{
	*time = (struct timespec){0};
	if (libc_read == NULL || libc_read(clock, time) != 0)
		sys_call(SYS_clock_gettime, clock, (long)time, 0, 0, 0, 0);
}

static int64_t microseconds(clockid_t clock)
{
	struct timespec now;

	clock_read(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t instant_real_us(void)
{
	return microseconds(CLOCK_REALTIME);
}

int64_t instant_mono_us(void)
{
	return microseconds(CLOCK_MONOTONIC);
}

struct instant instant_at(int64_t mono_us)
{
	struct instant now = instant_now();

	return (struct instant){
		.real_us = now.real_us - (now.mono_us - mono_us), .mono_us = mono_us};
}

struct instant instant_now(void)
{
	return (struct instant){
		.real_us = microseconds(CLOCK_REALTIME),
		.mono_us = microseconds(CLOCK_MONOTONIC),
	};
}

struct instant instant_of_start(uint64_t start_ticks, struct instant now)
{
	/* /proc counts from boot, including suspended time, during which CLOCK_MONOTONIC stops. */
	int64_t age = microseconds(CLOCK_BOOTTIME) - ((int64_t)start_ticks + 1) * TICK_US;

	if (age < 0 || start_ticks == 0)
		age = 0;
	return (struct instant){.real_us = now.real_us - age, .mono_us = now.mono_us - age};
}
