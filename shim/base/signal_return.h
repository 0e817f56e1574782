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
 * Let the handler that was called with CONTEXT return to where CONTEXT says, also if
 * rt_sigreturn(2) is refused. Nothing is changed where the handler's return address is no restorer
 * that we know, where the processor guards return addresses, and on aarch64. STATUS is what the
 * process exits with where it cannot set its signal mask either; 0: it goes on.
 */
void signal_return_expect(ucontext_t *context, int status);

/* Let the handler that was called with CONTEXT return to a fault that raises NUMBER, one of
 * SIGSEGV, SIGBUS, SIGILL and SIGFPE; SIGSEGV where the machine knows no such fault. */
void signal_return_to_fault(ucontext_t *context, int number);

/* Let the handler that was called with CONTEXT return to exit_group(STATUS), and where that is
 * refused to a fault. */
void signal_return_to_exit(ucontext_t *context, int status);
