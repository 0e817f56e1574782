/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lifecycle.h - the entry of main, and every way out but death by signal.
 *
 * exit() and return from main are seen by an on_exit() handler, registered before everybody else's
 * and so run after them and after the destructors of the program's libraries; _exit(), _Exit() and
 * quick_exit() by interposition.
 */
#pragma once

#include "core/base/clock.h"

#include <stdbool.h>

/* This process asks MPI's launcher to end the whole job with STATUS: that is its end, whatever
 * follows. Signal-safe: yes. Threads: any. */
void lifecycle_mpi_abort(int status);

/*
 * Whether this process is on its way out, by exit() and such with another status than 0, and since
 * when. What cleans up then may take its time, in which others see their peer go. Signal-safe: yes.
 */
bool lifecycle_is_leaving(int *ret_status, struct instant *ret_since);

/* Constructor only, before lifecycle_begin(): the function that this needs and libc has not, in
 * static storage; NULL: it has all. */
const char *lifecycle_missing(void);

/* Constructor only: be reported the end. Returns false when libc has no room for another handler.
 */
bool lifecycle_begin(void);
