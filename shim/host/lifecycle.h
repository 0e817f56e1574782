/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lifecycle.h - the entry of main, and every way out of a process that is a call: return, exit(),
 * _exit(), quick_exit(), abort(), MPI_Abort().
 *
 * exit() and return from main are seen by an on_exit() handler, registered before everybody else's
 * and so run after them and after the destructors of the program's libraries; _exit(), _Exit(),
 * quick_exit() and abort() by interposition. What goes past libc's functions is not seen: the exit
 * system call of a Go runtime or a sanitizer is reported by the parent that waits. The library of a
 * factory is finalised before the exit is reported: its destructors must leave alone what its
 * handler uses.
 *
 * From exit() until the process is gone there may be seconds (destructors, handlers), in which
 * others lose their peer and the launcher terminates this process. So the call is noted with its
 * instant (process_note_exit()), and a signal of another process that kills meanwhile is reported
 * with cause `exit`, `exit.code` and the signal.
 */
#pragma once

#include "core/base/clock.h"
#include "shim/emit/configure.h"

#include <stdbool.h>

/* This process has MPI's launcher abort the whole job with STATUS: that is its termination,
 * whatever follows. Signal-safe: yes. Threads: any. */
void lifecycle_mpi_abort(int status);

/*
 * The caller is about to send this process SIGABRT by kill(): in the handler of its own abort(),
 * that is the termination, and it is reported. Another thread may get the signal and be too slow
 * for it, as abort() goes on when the handler returns, and kills by libc's own means. Signal-safe:
 * yes. Threads: any.
 */
void lifecycle_before_sigabrt(void);

/* Constructor only, before lifecycle_begin(): the function that this needs and libc does not have,
 * in static storage; NULL: libc has all. */
const char *lifecycle_missing(void);

/* Constructor only: register for the ways out. Returns false when libc has no room for another
 * handler. */
bool lifecycle_begin(void);

/*
 * Constructor only: the configuration of FROM has factories, and is read, and INIT reported with
 * the instant AT, when main is about to be called. We are the first library whose constructor runs:
 * a dlopen() there would initialise libc for the loaded library, without arguments and with
 * `environ` NULL. What happens before is reported as without a configuration.
 */
void lifecycle_wait(const struct configure_from *from, const struct instant *at);
