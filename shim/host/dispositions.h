/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispositions.h - the host's view of its signals: it sees the dispositions that it has set, while
 * in place of SIG_DFL our handler is installed.
 *
 * All that the host has set stays in the kernel's own table: the flags and the mask directly, and
 * flags that we had to change by which of several equal entry functions is installed. So we keep no
 * state for SIG_DFL, and a vfork child, which has a copy of the kernel's table and shares our
 * memory, cannot confuse its parent. A handler with SA_RESETHAND is the exception: the kernel would
 * restore a SIG_DFL without our seeing it, so a trampoline is installed, and the handler's address
 * is stored here.
 *
 * The host's other handlers are not wrapped, except those with SA_ONSTACK, and those of SIGSEGV
 * (handler_stack.h). No
 * setting shows our handler to the host, because a host that sees one behaves differently (a JVM
 * writes no crash log, AddressSanitizer no report). Signal-safe and lock-free: the host calls the
 * interposed functions in its own handlers. Threads: any.
 */
#pragma once

#include <stdbool.h>

/* Constructor only, with all signals blocked: install our handler for every configured signal whose
 * disposition is SIG_DFL. */
void signals_begin(void);

/* Remove our handler everywhere: every disposition becomes what the host has set. */
void signals_end(void);

/* Undo signals_end(): install our handler again for every signal whose disposition is SIG_DFL. */
void signals_settle(void);

/*
 * rt_sigaction(2) as the host calls it by syscall(): gets and sets the kernel's own actions, our
 * handler included, but keeps the host's handlers off our stacks. Returns what syscall() returns.
 */
long disposition_call(long number, long action, long old, long size);

/* Whether no handler of the host's for NUMBER runs on a stack of ours. */
bool disposition_keeps_off_stacks(int number);

/*
 * The host is about to set an alternate stack of its own. A handler without SA_ONSTACK must not run
 * there: from now on none has a stub (handler_stack.h), neither one that is set already.
 */
void disposition_avoid_hosts_stacks(void);

/* Whether the host has a handler of its own for NUMBER. */
bool disposition_is_handler(int number);
