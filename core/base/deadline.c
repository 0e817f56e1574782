/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/deadline.h"

#include "core/base/clock.h"
#include "core/base/sys.h"

#include <linux/futex.h>
#include <time.h>

/* A clock that is unchanged after more readings than this stands still. */
#define STILL_MAX 2000

/* How long to sleep after a futex call that did not wait. */
#define PAUSE_US 50

struct deadline deadline_in(int milliseconds)
{
	int64_t now = instant_now().mono_us;

	return (struct deadline){.until_us = now + (int64_t)milliseconds * 1000, .seen_us = now};
}

bool deadline_is_over(struct deadline *deadline)
{
	int64_t now = instant_now().mono_us;

	deadline->still = now == deadline->seen_us ? deadline->still + 1 : 0;
	deadline->seen_us = now;
	return now >= deadline->until_us || deadline->still > STILL_MAX;
}

bool deadline_wait(struct deadline *deadline, _Atomic int *word, int value)
{
	struct timespec until = {
		.tv_sec = deadline->until_us / 1000000,
		.tv_nsec = deadline->until_us % 1000000 * 1000,
	};

	while (atomic_load(word) == value) {
		if (deadline_is_over(deadline))
			return false;
		sys_call(SYS_futex, (long)word, FUTEX_WAIT_BITSET, value, (long)&until, 0,
			(long)FUTEX_BITSET_MATCH_ANY);
		if (atomic_load(word) == value)
			sys_pause(PAUSE_US);
	}
	return true;
}
