/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispositions.h - the host's view of its signals: it sees the dispositions that it has set, while
 * in place of SIG_DFL our handler is installed.
 *
 * The kernel's own record of a signal has what the host asked for: its flags and mask stay there,
 * and which of several equal entry functions is installed says what had to be changed. So we keep
 * no state for SIG_DFL, and a vfork child, which has a copy of the kernel's table and shares our
 * memory, cannot confuse its parent. A handler with SA_RESETHAND is the exception: the kernel would
 * put a SIG_DFL back that we do not see, so a trampoline is installed, and the handler's address
 * kept here.
 *
 * The host's other handlers are not wrapped, but for those with SA_ONSTACK (handler_stack.h). There
 * is no setting that shows our handler: a handler that the host can see changes hosts (a JVM writes
 * no crash log, AddressSanitizer no report). Signal-safe and lock-free: the host calls the
 * interposed functions in its own handlers. Threads: any.
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
 * rt_sigaction(2) as the host calls it by syscall(): it gets and sets the kernel's own actions, but
 * that its handlers are kept off our stacks. Returns what syscall() does.
 */
long disposition_call(long number, long action, long old, long size);

/* Whether no handler of the host's for NUMBER runs on a stack of ours. */
bool disposition_keeps_off_stacks(int number);

/* Whether the host has a handler of its own for NUMBER. */
bool disposition_is_handler(int number);
