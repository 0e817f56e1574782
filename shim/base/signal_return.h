/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal_return.h - the return from a signal handler, also where rt_sigreturn(2) is refused, and to
 * somewhere else than where the signal came.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <ucontext.h>

/*
 * The handler that was called with CONTEXT shall come to where CONTEXT says, whether
 * rt_sigreturn(2) is made or not. Where the handler's caller is no restorer that we know, or where
 * the processor guards return addresses, nothing is changed. Of x86-64; elsewhere the call must be
 * made. STATUS: what the process exits with where it cannot set its mask of signals either; 0: it
 * goes on.
 */
void signal_return_expect(ucontext_t *context, int status);

/* The handler that was called with CONTEXT shall return to a fault that raises NUMBER, one of
 * SIGSEGV, SIGBUS, SIGILL and SIGFPE; SIGSEGV where the machine knows no such fault. */
void signal_return_to_fault(ucontext_t *context, int number);

/* The handler that was called with CONTEXT shall return to exit_group(STATUS), and where that is
 * refused to a fault. */
void signal_return_to_exit(ucontext_t *context, int status);
