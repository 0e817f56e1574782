/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch.h - the memory that an event is formatted and written in.
 *
 * A few threads can emit at once, each in a scratch of its own. Signal-safe: yes. Threads: any.
 */
#pragma once

/*
 * Returns EVENT_SCRATCH_SIZE bytes, which are the caller's until scratch_give_back(). If other
 * threads have all scratches, waits some 20 ms for one. Returns NULL after that time, or if the
 * kernel refuses memory.
 */
char *scratch_take(void);

/* As scratch_take(), for the event of a termination, which must not be lost: never NULL. If all
 * else fails, returns the first scratch, although another thread may be writing in it. */
char *scratch_take_for_last(void);

/* Give back SCRATCH, which may be NULL. */
void scratch_give_back(const char *scratch);
