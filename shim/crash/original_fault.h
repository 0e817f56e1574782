/* SPDX-License-Identifier: Apache-2.0 */
/*
 * original_fault.h - the fault in whose handler, one of the host's, this process dies.
 *
 * Many hosts have a handler of faults that writes a report and then kills the process: it restores
 * SIG_DFL and calls kill(), whose signal the kernel may deliver to another thread, or it calls
 * raise(), abort() or _exit(). At that moment the thread is still in its handler, so the fault can
 * be found: the frame that the kernel made for the handler has the siginfo. The stack is unwound,
 * not scanned: the frame of an earlier fault, from which the host has recovered, is in no chain of
 * callers. Nothing is noted while the host runs, because a VM, a collector or a null check recovers
 * from a fault within a microsecond. There is no search if the host never set a handler for a fault
 * or SIGABRT, nor for an exit of a forked child.
 *
 * If the signal of the host's kill() is delivered to another thread, the search covers all threads
 * that wait in the kernel. /proc gives their pc and stack pointer, which is enough if the code has
 * call frame information. A thread that runs may be on its way from kill() back to the fault, so
 * the search waits for it. Both threads then die of the same signal, and the one that faulted goes
 * first, so that it is the core's first thread, as it is nine times out of ten without us.
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
	bool is_fault; /* FAULT is filled in; else it is an abort(), and FAULT.code is SI_TKILL
			  where that is certain */
	struct fault fault;
	const void *context; /* the ucontext_t that the handler got, on that thread's stack */
};

/* Constructor only: note this process's pid, from which forked children differ. */
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

/* Let SEARCH start with the registers and the mask of CONTEXT, a ucontext_t. */
void original_fault_search_from(struct original_fault_search *search, const void *context);

/* Whether the signal interrupted CONTEXT at the faulting instruction itself, to which the host's
 * handler has returned; if so, fill in *RET_FAULT. */
bool original_fault_is_context(const struct original_fault_search *search, const void *context,
	struct original_fault *ret_fault);

/* Look in the stack of SEARCH's thread for the outermost handler of a fault. Returns false, with
 * *RET_FAULT as it was, if there is none. */
bool original_fault_find(
	const struct original_fault_search *search, struct original_fault *ret_fault);

/* Whether the kernel refused the registers of other threads in the last search. */
bool original_fault_was_refused(void);

/*
 * As original_fault_find(), in the stacks of all other threads that wait in the kernel. If the
 * process kills itself, the search waits for threads that run: 20 ms, or 200 ms for one that blocks
 * a fault's signal. Needs /proc.
 */
bool original_fault_find_in_others(
	const struct original_fault_search *search, struct original_fault *ret_fault);
