/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoints.h - the parts of the work that a crash makes: one that a task died in, or hung in
 * until it was killed, is left out by the task that comes after it.
 *
 * Signal-safe: yes. Threads: one task at a time, each beginning when the one before is gone.
 */
#pragma once

#include <stdbool.h>

/* There are at most 32 parts, numbered from 0. */
enum { CHECKPOINTS_MAX = 32 };

/* A new crash: no part was begun. */
void checkpoints_forget(void);

/* Whether PART may be begun: no task died in it. Then checkpoint_end() follows. */
bool checkpoint_begin(unsigned checkpoint);

/* The same for one that is done once: no task has begun it. */
bool checkpoint_begin_once(unsigned checkpoint);

/* It is done; it may be begun again. */
void checkpoint_end(unsigned checkpoint);

/* Whether it has been ended at least once. */
bool checkpoint_has_ended(unsigned checkpoint);
