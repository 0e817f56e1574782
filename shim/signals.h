/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals.h - a handler below the host's: for the host every signal that would kill it still shows SIG_DFL.
 *
 * We stand only where the disposition is SIG_DFL, when the constructor runs or when the host goes back to it. What the host
 * asked for with SIG_DFL (flags, mask) is kept in the kernel's own record of our handler, so that nothing is stored here
 * and a vfork child, which has a copy of the kernel's table and shares our memory, cannot confuse its parent.
 * Signal-safe and lock-free: the host calls the interposed functions in its own handlers. Threads: any.
 */
#pragma once

#include <stdbool.h>

/* Constructor only: stand below every signal whose disposition is SIG_DFL and whose default is death. */
void signals_begin(void);

/* Whether the host has a handler of its own for NUMBER. */
bool signals_host_handles(int number);

/* Let NUMBER kill for real: the kernel's own default from here on. */
void signals_release(int number);
