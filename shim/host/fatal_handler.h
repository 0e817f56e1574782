/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fatal_handler.h - our handler of the signals that kill: for which signals it is installed, and
 * what it does.
 *
 * For the host every signal that would kill it still shows SIG_DFL (dispositions.h): the handler is
 * installed only where the disposition is SIG_DFL, when the constructor runs or when the host goes
 * back to it. A signal in neither list of the setting `signals` keeps the kernel's SIG_DFL: if it
 * kills, a parent that waits reports the termination. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* Whether NUMBER kills by default, and the settings name it. */
bool signals_is_configured(int number);

/* Whether our handler is installed for NUMBER where the host's disposition is SIG_DFL. */
bool signals_is_ours(int number);

/* The handler: reports the termination, and dies by the same signal as if nobody had caught it. */
void signals_caught(int number, siginfo_t *info, void *context);

/*
 * NUMBER came with INFO and CONTEXT, and there is no room for the frame of the host's handler. In
 * that case the kernel kills a process by SIGSEGV: this function reports that and does the same.
 */
void signals_undeliverable(int number, const siginfo_t *info, void *context);
