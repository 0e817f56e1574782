/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_calls.h - the system calls that core and shim make, and what is lost without each.
 *
 * Each with arguments that are likely for a filter that looks at them, and with which the call does
 * nothing: a filter is asked by its program where we see it (sandbox.c), and by making the call
 * where it came before us (inherited.c). Signal-safe: yes. Threads: any.
 */
#pragma once

enum sandbox_need {
	NEED_ALWAYS = 0,     /* every event: without it the process is not watched */
	NEED_BY_ITSELF = 1,  /* left out by itself, where it is made: sys_try() */
	NEED_FOR_MORE = 2,   /* sandbox_lets_more_pass() */
	NEED_FOR_PTRACE = 4, /* sandbox_lets_ptrace_pass() */
	UNPROBED = 8,	     /* cannot be made without consequence */
};

struct sandbox_call {
	short number;
	unsigned char need; /* of enum sandbox_need */
	int arguments[3];
};

/* In the order in which they are probed; a negative number ends it. */
extern const struct sandbox_call sandbox_calls[] __attribute__((visibility("hidden")));
