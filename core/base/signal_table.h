/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal_table.h - the kernel's signals, 1 to 64: their names, sets of them, and what they do by
 * default.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <signal.h>
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

/* The set of all of these. */
uint64_t signals_that_kill(void);

/* A set of signals is an uint64_t with these bits, as the kernel has it. */
#define SIGNAL_BIT(number) ((uint64_t)1 << ((number)-1))

/* Processor exceptions at an instruction that is run again when the handler returns. */
#define SIGNALS_FAULT \
	(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGFPE))

/* All processor exceptions: their si_addr is an address of the program. */
#define SIGNALS_EXCEPTION (SIGNALS_FAULT | SIGNAL_BIT(SIGTRAP))

/* Raised by what a thread itself does; where such a signal is blocked, the kernel ends the process
 * (force_sig_info()). The kernel's own SYNCHRONOUS_MASK. */
#define SIGNALS_SYNCHRONOUS (SIGNALS_EXCEPTION | SIGNAL_BIT(SIGSYS))

/* What ends a program by a fault of its own. */
#define SIGNALS_CRASH (SIGNALS_SYNCHRONOUS | SIGNAL_BIT(SIGABRT))

/* Those whose default action is a core dump: signal(7). */
#define SIGNALS_CORE \
	(SIGNALS_CRASH | SIGNAL_BIT(SIGQUIT) | SIGNAL_BIT(SIGXCPU) | SIGNAL_BIT(SIGXFSZ))

/* Whether NUMBER, any number, is in SET. */
static inline bool signal_is_in(uint64_t set, int number)
{
	return number >= 1 && number <= SIGNAL_MAX && (set & SIGNAL_BIT(number)) != 0;
}

/* Takes the lowest signal out of *SET, and returns it; 0 where the set is empty. */
static inline int signal_take(uint64_t *set)
{
	int number = *set == 0 ? 0 : __builtin_ctzll(*set) + 1;

	*set &= *set - 1;
	return number;
}

/* The exit status that stands for a termination by signal NUMBER, as a shell makes it. */
static inline int signal_to_status(int number)
{
	return 128 + number;
}

/* The signal that exit status STATUS, as shells and many programs make it, stands for; 0
 * where it stands for none. */
static inline int signal_of_status(int status)
{
	return status > 128 && status <= 128 + SIGNAL_MAX ? status - 128 : 0;
}
