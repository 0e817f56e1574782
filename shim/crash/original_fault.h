/* SPDX-License-Identifier: Apache-2.0 */
/*
 * original_fault.h - where the end of this process began, if a handler of the host's made it.
 *
 * Many hosts have a handler for faults that reports, and then ends the process itself: it puts
 * SIG_DFL back and calls kill(), which the kernel may give to another thread, or it calls raise(),
 * abort() or _exit(). Then the fault still shows: the thread stands in its handler, and the frame
 * that the kernel made for it says what happened. A stack is walked, never searched: what an
 * earlier fault left there, from which the host has recovered, is no frame of it. So nothing is
 * noted while the host runs, and a fault that it recovers from costs nothing.
 * Signal-safe: yes; looking takes some 8 KiB of stack. Threads: any; one that looks at a time.
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
	bool is_fault; /* with what the fault was; else it is an abort() */
	struct fault fault;
	const void *context; /* the ucontext_t of what was interrupted, on that thread's stack */
};

/* Constructor only: this process is the one that began. */
void original_fault_begin(void);

/* The host sets a handler for NUMBER. Until one for a fault or an abort is set, no end has an
 * origin. */
void original_fault_expect(int number);

/* Whether an end by signal NUMBER, 0 for an exit, may have one. */
bool original_fault_is_possible(int number);

struct original_fault_search {
	int number;			  /* the signal that ends the process; 0: an exit */
	bool is_own;			  /* the process ends itself */
	pid_t tid;			  /* the thread that it ends in, */
	struct trace_registers registers; /* where it stands, */
	uint64_t blocked;		  /* and the signals that it blocks there */
	struct modules *modules;	  /* kept and used */
};

/* Let SEARCH begin at CONTEXT, a ucontext_t. */
void original_fault_search_from(struct original_fault_search *search, const void *context);

/* Whether CONTEXT, what that thread was interrupted in, is the faulting instruction itself, to
 * which the handler has returned. */
bool original_fault_is_context(const struct original_fault_search *search, const void *context,
	struct original_fault *ret_fault);

/* Look in the stack of that thread: the outermost handler of a fault. Returns false, and
 * *RET_ORIGIN as it was, when there is none. */
bool original_fault_find(
	const struct original_fault_search *search, struct original_fault *ret_fault);

/* Whether the kernel refused to report other threads when they were last looked at. */
bool original_fault_was_refused(void);

/*
 * The same in the stacks of all other threads that are at rest. Where the process ends itself,
 * those that run are waited for, as they may be on their way back to the fault. Needs /proc.
 */
bool original_fault_find_in_others(
	const struct original_fault_search *search, struct original_fault *ret_fault);
