/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fatal_handler.h - the handler that stands below the host's: which signals it stands below, and
 * the death that follows.
 *
 * For the host every signal that would kill it still shows SIG_DFL (dispositions.h). We stand only
 * where the disposition is SIG_DFL, when the constructor runs or when the host goes back to it.
 * Signal-safe: all but signals_begin(). Threads: any.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* Constructor only: stand below every signal whose disposition is SIG_DFL and whose default is
 * death. */
void signals_begin(void);

/* Whether we stand below NUMBER where its disposition is SIG_DFL. */
bool signals_is_ours(int number);

/* The handler: reports the end, and dies by the same signal as if nobody had caught it. */
void signals_caught(int number, siginfo_t *info, void *context);

/*
 * NUMBER came with INFO and CONTEXT, and there is no room for the frame of its handler, the host's:
 * the kernel ends a process by SIGSEGV then, and this reports it and does the same.
 */
void signals_undeliverable(int number, const siginfo_t *info, void *context);

/* Stand below nothing any more: every disposition is what the host has set. */
void signals_end(void);

/* After signals_end(): stand below again where the host has not set something else. */
void signals_settle(void);
