/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal_table.h - the kernel's signals, 1 to 64: their names, and what they do by default.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SIGNAL_MAX 64

/* Those that glibc leaves to programs: signal(7). */
#define SIGNAL_RTMIN 34
#define SIGNAL_RTMAX 64

/* "SIGSEGV", "SIGRTMIN+3"; made in BUFFER, or in static storage. A number that is none's is "signal
 * 99". */
const char *signal_name(int number, char buffer[16]);

/* The number of "SIGTERM" or "TERM", "RTMIN+3" or "RTMAX-1"; -EINVAL where there is none. */
int signal_number(const char *name);

/* Whether NUMBER kills by default and can be caught: signal(7). glibc keeps 32 and 33 to itself. */
bool signal_kills(int number);

/* All of these, each as the bit NUMBER - 1. */
uint64_t signals_that_kill(void);
