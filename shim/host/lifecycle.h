/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lifecycle.h - the entry of main, and every way out of a process that is a call: return, exit(),
 * _exit(), quick_exit(), abort(), MPI_Abort().
 *
 * An on_exit() handler reports exit() and return from main. It is registered before all others, and
 * so runs after them and after the destructors of the program's libraries. _exit(), _Exit(),
 * quick_exit() and abort() are interposed. An exit that bypasses libc's functions is not seen: that
 * of a Go runtime or a sanitizer is reported by the parent that waits. The library of a factory is
 * finalised before the exit is reported: its destructors must leave alone what its handler uses.
 *
 * Destructors and handlers may take seconds between exit() and the end of the process; in that time
 * other ranks lose their peer, and the launcher terminates this process. So the call is noted with
 * its instant (process_note_exit()), and if a signal of another process then kills this one, the
 * event has cause `exit`, `exit.code` and the signal.
 */
#pragma once

#include "core/base/clock.h"
#include "shim/emit/configure.h"

#include <stdbool.h>

/* Report that this process has MPI's launcher abort the whole job with STATUS. That counts as its
 * termination, whatever follows. Signal-safe: yes. Threads: any. */
void lifecycle_mpi_abort(int status);

/*
 * The caller is about to send this process SIGABRT by kill(). If it does so in the handler of its
 * own abort(), that is the termination, and it is reported here. Later may be too late: another
 * thread may get the signal, while abort() goes on when the handler returns, and kills without our
 * handler. Signal-safe: yes. Threads: any.
 */
void lifecycle_before_sigabrt(void);

/* Constructor only, before lifecycle_begin(): the name, in static storage, of a function that this
 * module needs and libc lacks; NULL: libc has all. */
const char *lifecycle_missing(void);

/* Constructor only: register the exit handlers. Returns false if libc has no room for another
 * one. */
bool lifecycle_begin(void);

/*
 * Constructor only, for a configuration of FROM that has factories: have it read, and INIT reported
 * with the instant AT, when main is about to be called. Ours is the first constructor that runs: a
 * dlopen() there would initialise libc for the loaded library, without arguments and with `environ`
 * NULL. Events before main are reported as without a configuration.
 */
void lifecycle_wait(const struct configure_from *from, const struct instant *at);
