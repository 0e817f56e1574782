/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/busy.h"

#include "core/base/patience.h"
#include "core/base/sys.h"

#include <errno.h>
#include <time.h>

/* Most holders are done before a sleep has begun. */
#define TRIES 100
#define PAUSE_US 50

static uint64_t holder_word(pid_t process, pid_t thread)
{
	return (uint64_t)(uint32_t)process << 32 | (uint32_t)thread;
}

void busy_pause(unsigned microseconds)
{
	struct timespec time = {.tv_nsec = (long)microseconds * 1000};

	sys_call(SYS_nanosleep, (long)&time, 0, 0, 0, 0, 0);
}

/* One try. Returns as busy_take() does. */
static int try_to_take(struct busy *busy, uint64_t self)
{
	uint64_t holder = 0;

	if (atomic_compare_exchange_strong_explicit(&busy->holder, &holder, self,
		    memory_order_acquire, memory_order_relaxed))
		return 0;
	if (holder == self)
		return -EDEADLK;
	if (holder >> 32 == self >> 32)
		return -EBUSY;
	return atomic_compare_exchange_strong_explicit(&busy->holder, &holder, self,
		       memory_order_acquire, memory_order_relaxed)
		       ? 1
		       : -EBUSY;
}

int busy_take(struct busy *busy, pid_t process, unsigned patience_ms)
{
	uint64_t self = holder_word(process, sys_gettid());
	int taken = try_to_take(busy, self);
	struct patience patience = {.most_ms = (int)patience_ms};

	for (int i = 1; taken == -EBUSY && i < TRIES && patience_ms > 0; i++)
		taken = try_to_take(busy, self);
	if (taken != -EBUSY || patience_ms == 0)
		return taken;
	while (taken == -EBUSY && patience_left(&patience) > 0) {
		busy_pause(PAUSE_US);
		taken = try_to_take(busy, self);
	}
	patience_end(&patience, taken != -EBUSY);
	return taken;
}

void busy_give(struct busy *busy)
{
	atomic_store_explicit(&busy->holder, 0, memory_order_release);
}
