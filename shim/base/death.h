/* SPDX-License-Identifier: Apache-2.0 */
/*
 * death.h - the death by a signal that our handler was called for, whatever system calls a filter
 * refuses, or pretends to have made.
 *
 * Signal-safe: yes. Threads: any; in a vfork child, too.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/*
 * Whether the kernel shall reset NUMBER's disposition when it calls our handler: then the next one
 * kills without a call of ours. Not for faults that many threads make at the same instant: the
 * second one would kill before the first is recorded. These kill by being blocked when they repeat.
 */
bool death_wants_reset(int number);

/* Last in our handler: when it returns, NUMBER kills as if nobody had caught it. INFO and CONTEXT
 * are the handler's. */
void death_by(int number, siginfo_t *info, void *context);

/* Let NUMBER kill for real: the kernel's own default from here on. Returns whether that is known to
 * be so. */
bool death_release(int number);
