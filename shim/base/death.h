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
 * have it: if two threads faulted at the same instant, the second fault would kill the process
 * before the first is reported. These four kill because the fault repeats while its signal is
 * blocked.
 */
bool death_wants_reset(int number);

/* The last call of our handler, which got INFO and CONTEXT: when the handler returns, NUMBER kills
 * the process as if nobody had caught it. */
void death_by(int number, siginfo_t *info, void *context);

/* Set NUMBER's disposition to the kernel's SIG_DFL. Returns whether it is known to be set. */
bool death_release(int number);
