/* SPDX-License-Identifier: Apache-2.0 */
/*
 * original_fault.h - the fault in whose handler, the host's own, this process dies.
 *
 * Many hosts have a handler for faults that reports, and then kills the process itself: it puts
 * SIG_DFL back and calls kill(), which the kernel may give to another thread, or it calls raise(),
 * abort() or _exit(). Then the fault can be found: the thread is in its handler, and the frame that
 * the kernel made for the handler has the siginfo. The stack is unwound, not searched: the frame of
 * an earlier fault, from which the host has recovered, is in no chain of callers. So nothing is
 * noted while the host runs, as a VM, a collector or a null check recovers from a fault in a
 * microsecond; before a handler for a fault or for SIGABRT was ever set nothing is looked for, nor
 * in a forked child for an exit.
 *
 * Where kill() of the host's gives the signal to another thread, all threads that wait in the
 * kernel are looked at. /proc gives their pc and stack pointer, which is enough where code has call
 * frame information. A thread that runs may be on its way from kill() back to the fault: it is
 * waited for. Both threads then die of the same signal, and the one that faulted goes first, so
 * that the core is its, as nine times out of ten without us.
 *
 * Signal-safe: yes; a search takes some 8 KiB of stack. Threads: any; one search at a time.
 */
#pragma once

#include "core/trace/modules.h"
#include "core/trace/registers.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fault {
	int code; /* si_code of the fault itself */
	bool has_address;
	uint64_t address;
};

struct original_fault {
	pid_t tid; /* the thread whose handler it is; 0: there is none */
	int number;
	bool is_fault; /* FAULT is filled in; else it is an abort() */
	struct fault fault;
	const void *context; /* the ucontext_t that the handler got, on that thread's stack */
};

/* Constructor only: note this process, which forked children are not. */
void original_fault_begin(void);

/* The host sets a handler for NUMBER. Until it sets one for a fault or SIGABRT, there is no
 * original fault. */
void original_fault_expect(int number);

/* Whether a death by signal NUMBER, 0 for an exit, may have an original fault. */
bool original_fault_is_possible(int number);

struct original_fault_search {
	int number;			  /* the signal that kills the process; 0: an exit */
	bool is_own;			  /* the process kills itself */
	pid_t tid;			  /* the thread that dies, */
	struct trace_registers registers; /* its registers, */
	uint64_t blocked;		  /* and the signals that it blocks */
	struct modules *modules;	  /* filled as needed */
};

/* Let SEARCH start at CONTEXT, a ucontext_t, with its registers and mask. */
void original_fault_search_from(struct original_fault_search *search, const void *context);

/* Whether CONTEXT, which the signal has interrupted, is at the faulting instruction itself, to
 * which the handler has returned. */
bool original_fault_is_context(const struct original_fault_search *search, const void *context,
	struct original_fault *ret_fault);

/* Look in the stack of that thread for the outermost handler of a fault. Returns false, and
 * *RET_FAULT as it was, when there is none. */
bool original_fault_find(
	const struct original_fault_search *search, struct original_fault *ret_fault);

/* Whether the kernel refused the registers of other threads in the last search. */
bool original_fault_was_refused(void);

/*
 * The same in the stacks of all other threads that wait in the kernel. Where the process kills
 * itself, those that run are waited for, 20 ms, or 200 ms for one that blocks a fault's signal.
 * Needs /proc.
 */
bool original_fault_find_in_others(
	const struct original_fault_search *search, struct original_fault *ret_fault);
