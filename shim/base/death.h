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
 * Whether our action for NUMBER has SA_RESETHAND, so that the kernel itself puts SIG_DFL back and
 * no call of ours is needed to die of the next NUMBER. SIGSEGV, SIGBUS, SIGILL and SIGFPE do not
 * have it: of threads that fault at the same instant the second would kill before the first is
 * reported. They kill because they are blocked when they repeat.
 */
bool death_wants_reset(int number);

/* Last in our handler, whose INFO and CONTEXT these are: when it returns, NUMBER kills as if nobody
 * had caught it. */
void death_by(int number, siginfo_t *info, void *context);

/* Set NUMBER's disposition to the kernel's SIG_DFL. Returns whether it is known to be set. */
bool death_release(int number);
