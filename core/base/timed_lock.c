/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timed_lock.h"

#include "core/base/wait_budget.h"
#include "core/base/sys.h"

#include <errno.h>

/* How many attempts precede the first sleep: most holders need no longer. */
#define TRIES 100
#define PAUSE_US 50

static uint64_t holder_word(pid_t process, pid_t thread)
{
	return (uint64_t)(uint32_t)process << 32 | (uint32_t)thread;
}

/* One attempt. Returns as timed_lock_take() does. */
static int try_to_take(struct timed_lock *lock, uint64_t self)
{
	uint64_t holder = 0;

	if (atomic_compare_exchange_strong_explicit(
		    &lock->holder, &holder, self, memory_order_acquire, memory_order_relaxed))
		return 0;
	if (holder == self)
		return -EDEADLK;
	if (holder >> 32 == self >> 32)
		return -EBUSY;
	return atomic_compare_exchange_strong_explicit(
		       &lock->holder, &holder, self, memory_order_acquire, memory_order_relaxed)
		       ? 1
		       : -EBUSY;
}

int timed_lock_take(struct timed_lock *lock, pid_t process, unsigned most_ms)
{
	uint64_t self = holder_word(process, sys_gettid());
	int taken = try_to_take(lock, self);
	struct budgeted_wait wait = {.most_ms = (int)most_ms};

	for (int i = 1; taken == -EBUSY && i < TRIES && most_ms > 0; i++)
		taken = try_to_take(lock, self);
	if (taken != -EBUSY || most_ms == 0)
		return taken;
	while (taken == -EBUSY && wait_budget_left(&wait) > 0) {
		sys_pause(PAUSE_US);
		taken = try_to_take(lock, self);
	}
	wait_budget_end(&wait, taken != -EBUSY);
	return taken;
}

void timed_lock_give(struct timed_lock *lock)
{
	atomic_store_explicit(&lock->holder, 0, memory_order_release);
}
