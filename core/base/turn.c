/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/turn.h"

#include "core/base/clock.h"
#include "core/base/sys.h"

#include <time.h>

static uint64_t own_id(void)
{
	return (uint64_t)(uint32_t)sys_getpid() << 32 | (uint32_t)sys_gettid();
}

/* Free, or left behind by the process that we were forked from. */
static bool is_free(uint64_t owner, uint64_t own)
{
	return owner == 0 || owner >> 32 != own >> 32;
}

/* The first pauses are short: most turns are. */
static void pause_for(unsigned round)
{
	struct timespec pause = {0, round < 10 ? 20000 : 500000};

	sys_call(SYS_nanosleep, (long)&pause, 0, 0, 0, 0, 0);
}

bool turn_take(struct turn *turn, int wait_ms)
{
	uint64_t own = own_id(), owner = atomic_load(&turn->owner);
	int64_t deadline = 0;

	for (unsigned round = 0; owner != own; round++) {
		if (is_free(owner, own)) {
			if (!atomic_compare_exchange_strong(&turn->owner, &owner, own))
				continue;
			turn->depth = 0;
			break;
		}
		if (round == 0)
			deadline = instant_now().mono_us + (int64_t)wait_ms * 1000;
		else if (instant_now().mono_us >= deadline)
			return false;
		pause_for(round);
		owner = atomic_load(&turn->owner);
	}
	turn->depth++;
	return true;
}

void turn_give(struct turn *turn)
{
	if (--turn->depth == 0)
		atomic_store(&turn->owner, 0);
}
