/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispositions.h - the host's view of its signals: what it set is what it sees, and we stand below
 * SIG_DFL all the same.
 *
 * The kernel's own record of a signal holds what the host asked for: its flags and mask stay there,
 * and which of several equal entries is installed says what we had to change. So there is no state
 * of ours for SIG_DFL, and a vfork child, which has a copy of the kernel's table and shares our
 * memory, cannot confuse its parent. A handler with SA_RESETHAND is the exception: the kernel would
 * put a SIG_DFL that we do not see, so a trampoline stands before it, and its address is kept here.
 * Signal-safe and lock-free: the host calls the interposed functions in its own handlers. Threads:
 * any.
 */
#pragma once

#include <stdbool.h>

/* Constructor only, with all signals blocked: install our handler for every configured signal whose
 * disposition is SIG_DFL. */
void signals_begin(void);

/* Take our handler away everywhere: every disposition is what the host has set. */
void signals_end(void);

/* After signals_end(): install our handler again where the host's disposition is SIG_DFL still. */
void signals_settle(void);

/*
 * rt_sigaction(2) as the host calls it by syscall(): it has the kernel's own actions, but for what
 * keeps its handlers off our stacks. Returns what syscall() does.
 */
long disposition_call(long number, long action, long old, long size);

/* Whether NUMBER never runs a handler of the host's on a stack of ours. */
bool disposition_keeps_off_stacks(int number);

/* Whether the host has a handler of its own for NUMBER. */
bool disposition_is_handler(int number);
