/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal_return.h - lets a signal handler return although a filter refuses rt_sigreturn(2), or
 * return to another place than the interrupted one.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <ucontext.h>

/*
 * Let the handler that was called with CONTEXT return to where CONTEXT says, even if
 * rt_sigreturn(2) is refused. Does nothing if the handler's return address is not a restorer that
 * we know, if the processor guards return addresses, or on aarch64. STATUS is what the process
 * exits with if it cannot restore its signal mask either; 0: it goes on.
 */
void signal_return_expect(ucontext_t *context, int status);

/* Let the handler that was called with CONTEXT return to a fault that raises NUMBER, one of
 * SIGSEGV, SIGBUS, SIGILL and SIGFPE; SIGSEGV where the machine knows no such fault. */
void signal_return_to_fault(ucontext_t *context, int number);

/* Let the handler that was called with CONTEXT return to exit_group(STATUS), and where that is
 * refused to a fault. */
void signal_return_to_exit(ucontext_t *context, int status);
