/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.h - which calls of the host's are counted: the setting `calls`.
 *
 * The constructor finds the addresses that are to be replaced, and lets them lead to call_first.h;
 * the first call does the rest, as a start must not pay for it. Functions that a user names, and
 * more of them than there is room for, are replaced in the constructor.
 *
 * A program, or a library, that calls a function of another library jumps to an address in its
 * table of such addresses (JUMP_SLOT in the GOT). That address is replaced by an entry of
 * call_entry.h. What a program sees of the function stays as it was: dlsym(), pointers to it
 * (GLOB_DAT, which is left alone), versions, a library for tools that stands before MPI's own. An
 * address that is not known for certain to lead to the function is left alone, too.
 *
 * Pages that the loader made read-only are made writable for that, and read-only again. An address
 * that the loader would look up at the first call is looked up here, as the loader would do it,
 * among the objects that were there at the start: they come first in its order and stay. Libraries
 * that are loaded later are looked for at moments at which the
 * host is in no signal handler (an audit event of Python's, the start of a thread), with the
 * loader's lock held.
 *
 * Signal-safe: no. Threads: any, one at a time gets in.
 */
#pragma once

#include "shim/base/call_entry.h"

/* Constructor only: count the functions that NAMES lists, separated by blanks: `mpi`, `nccl`, or
 * names of functions of C; NULL: `mpi`. A preset costs nothing where its library is not loaded.
 * REPORT: see call_entry_report(). */
void calls_begin(const char *names, char *const *environment,
	void (*report)(const struct call_failure *failure));

/* Look for libraries that were loaded since. Does nothing in a forked child, whose loader's lock
 * another thread may have held. */
void calls_look_again(void);

/* The same where a thread is about to be created, in a program that had something to count: so the
 * first call of all has no other thread beside it but those that the program made by clone(2). */
void calls_before_thread(void);
