/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - which of our system calls the filters of this process refuse, and what is left out
 * for it.
 *
 * A filter (seccomp(2)) that forbids a call which only we make would kill the program for it. Two
 * modules find out what a filter forbids: inherited.c, in the constructor, for a filter that the
 * program was started under, and host/seccomp.c for one that the program is about to set. This one
 * keeps their answer. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "shim/base/sandbox_calls.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether no filter forbids a call of what an event is better with and can do without: Python's
 * stacks, the message of a C++ exception, torchrun's error file, a Java VM's report.
 */
bool sandbox_allows_more(void);

/* Whether no filter forbids a call that it takes to look at other threads. Many filters do. */
bool sandbox_allows_ptrace(void);

/* Some of sandbox_calls[]: a bit for each, by index, and all that needs them. */
struct sandbox_set {
	uint64_t calls[2];
	unsigned needs; /* of enum sandbox_need */
};

/* Add call I of sandbox_calls[] to SET. */
void sandbox_set_add(struct sandbox_set *set, unsigned i);

/* Leave out the calls of SET, and what needs them, from now on. SET keeps those of its calls that
 * were not left out before: what sandbox_permit() is to take back. */
void sandbox_forbid(struct sandbox_set *set);

/* Take sandbox_forbid() back: the filter was not installed after all. */
void sandbox_permit(const struct sandbox_set *set);

/* Whether CALL is left out already, alone or with all that needs it. */
bool sandbox_is_forbidden(const struct sandbox_call *call);
