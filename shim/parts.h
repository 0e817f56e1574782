/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts.h - the parts of the work that a crash makes: one that a task died in, or hung in until it
 * was killed, is left out by the task that comes after it.
 *
 * Signal-safe: yes. Threads: one task at a time, each beginning when the one before is gone.
 */
#pragma once

#include <stdbool.h>

/* There are at most 32 parts, numbered from 0. */
enum { PARTS_MAX = 32 };

/* A new crash: no part was begun. */
void parts_forget(void);

/* Whether PART may be begun: no task died in it. Then part_end() follows. */
bool part_begin(unsigned part);

/* The same for one that is done once: no task has begun it. */
bool part_begin_once(unsigned part);

/* It is done; it may be begun again. */
void part_end(unsigned part);

/* Whether it has been ended at least once. */
bool part_has_ended(unsigned part);
