/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sent.h - the signals that this process sends to others, also by syscall().
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>

/* Whether system call NUMBER with arguments A, B and C sends a signal to another process, as far as
 * that is to be reported. */
bool sent_by_call(long number, long a, long b, long c);

/* syscall(), for such a one. */
long sent_call(long number, long a, long b, long c, long d, long e, long f);
