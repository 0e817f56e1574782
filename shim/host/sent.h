/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sent.h - the signals that this process sends to others, also by syscall().
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>

/* Whether system call NUMBER with arguments A, B and C may send a signal that is to be reported. */
bool sent_by_call(long number, long a, long b, long c);

/* syscall(), where sent_by_call() is true. */
long sent_call(long number, long a, long b, long c, long d, long e, long f);
