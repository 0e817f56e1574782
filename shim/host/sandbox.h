/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - which of our system calls a seccomp filter, or the dispatch of system calls to the
 * program, leaves us.
 *
 * A program that confines itself may forbid calls that only we need, and would then die of ours. So
 * its filter (a classic BPF program, seccomp(2)) is asked before it stands: if it lets all pass
 * that we cannot do without we go on, else we take our leave, and who waits for the program reports
 * its end. What came before the program began is asked by the constructor (inherited.h).
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>

struct sandbox_call;

/*
 * Whether no filter that came to stand in this program forbids a call of what an event is better
 * with and can do without: Python's stacks, what a C++ exception says, torchrun's error file, a
 * Java VM's report.
 */
bool sandbox_lets_more_pass(void);

/* Likewise for what looking at other threads takes: many filters forbid that one. */
bool sandbox_lets_ptrace_pass(void);

/* A filter that stands ends the process for CALL, and what needs it is left out from now on.
 * Returns false when that is everything. */
bool sandbox_forbid(const struct sandbox_call *call);

/* Whether CALL is not made any more, or all that needs it is left out. */
bool sandbox_is_forbidden(const struct sandbox_call *call);
