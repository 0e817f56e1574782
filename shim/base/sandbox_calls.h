/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_calls.h - the system calls that core and shim make, and what is lost without each.
 *
 * Each call has arguments with which it does nothing, and which resemble those of our real calls
 * for a filter that looks at them: host/seccomp.c runs a filter that the program sets on these
 * calls, and inherited.c makes them under a filter that was set before the program began.
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>

enum sandbox_need {
	NEED_ALWAYS = 0,     /* every event: without it the process is not watched */
	NEED_BY_ITSELF = 1,  /* the caller does without: sys_try() */
	NEED_FOR_MORE = 2,   /* sandbox_allows_more() */
	NEED_FOR_PTRACE = 4, /* sandbox_allows_ptrace() */
	UNPROBED = 8,	     /* cannot be made without consequences */
};

struct sandbox_call {
	short number;
	unsigned char need; /* of enum sandbox_need */
	int arguments[3];
};

/* In the order in which they are probed; a negative number ends it. */
extern const struct sandbox_call sandbox_calls[] __attribute__((visibility("hidden")));

/* Whether no event can be written without CALL. */
static inline bool sandbox_call_is_essential(const struct sandbox_call *call)
{
	return (call->need & ~(unsigned)UNPROBED) == NEED_ALWAYS;
}
