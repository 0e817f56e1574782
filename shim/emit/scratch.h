/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch.h - the memory that an event is formatted and written in.
 *
 * A few threads can emit at once, each in a scratch of its own. Signal-safe: yes. Threads: any.
 */
#pragma once

/*
 * EVENT_SCRATCH_SIZE bytes, which are the caller's until scratch_give_back(). Where other threads
 * have all of them, waits some 20 ms; then, or when the kernel refuses memory, returns NULL.
 */
char *scratch_take(void);

/* The same for the event of a termination, which must not be lost: never NULL. If all fails the
 * first scratch, which another thread may be writing in. */
char *scratch_take_for_last(void);

/* SCRATCH may be NULL. */
void scratch_give_back(const char *scratch);
