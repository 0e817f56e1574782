/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_entry.h - what a counted call goes through before the real function: it counts, and jumps
 * on.
 *
 * Where the function has a probe, the entry calls it instead, with a copy of what lies on the
 * caller's stack (STACK_COPIED bytes, arguments or not), and looks at its result: so it need not
 * know how the function is declared, and an unwinder finds one frame more.
 *
 * An entry changes no register that a call passes anything in, neither integers nor vectors, nor
 * the return address: the real function, debuggers and unwinders see the program's own call. It
 * takes no lock, does not touch errno, and makes system calls only at the first call of a thread,
 * which looks for a table of counters whose thread has ended, and where a probe's copy may leave
 * the stack; none of them where we are switched off. Signal-safe: call_entry_make() is
 * not; the entries are. Threads: any; one at a time makes entries.
 */
#pragma once

#include "core/base/call_table.h"
#include "core/events/event.h"
#include "shim/base/call_names.h"

#include <sys/types.h>

/* How many different pairs of a function and its real address can be counted. */
#define CALL_ENTRIES 256

/* Set up the counters. Returns false where there is no memory for them that is empty in forked
 * children. POINTERS: a communicator is a pointer in C, of which WORLD is MPI_COMM_WORLD; else it
 * is a number of 32 bits. Called again, it does nothing. */
bool call_entry_begin(bool pointers, uint64_t world);

/* The address of an entry that counts a call of NAME and goes on at TARGET; NULL: there is no more
 * room. */
void *call_entry_make(const struct call_name *name, void *target);

/* Whether ADDRESS is one of the entries. */
bool call_entry_is(uintptr_t address);

/* The program forbids the machine's counter of time: it is not read from now on. */
void call_entry_without_time(void);

/* A call that failed, by its probe. */
struct call_failure {
	const char *function; /* in static storage, as long as the program runs */
	int64_t returned;
	uint64_t arguments[CALL_ARGUMENTS];
};

/* Constructor only: call REPORT for each call that fails, when the real function has returned, on
 * the thread that called it, which may be in a signal handler. */
void call_entry_report(void (*report)(const struct call_failure *failure));

/* Set the calls of EVENT, of this process's termination, to its counts so far; also in its tracer.
 * Valid until the next call for another event that is as much `crashing` as this one. */
void call_entry_fill(struct event *event);
