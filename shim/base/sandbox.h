/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - the system calls that core and shim make, which of them the filters of this process
 * refuse, and what we leave out because of that.
 *
 * A filter (seccomp(2)) would kill the program for a call that only we make. Two modules find out
 * what a filter forbids: inherited.c, in the constructor, for a filter that the program was started
 * under, and host/seccomp.c for a filter that the program is about to set. This module keeps their
 * findings. Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum sandbox_need {
	NEED_ALWAYS = 0,     /* every event: without it the process is not watched */
	NEED_BY_ITSELF = 1,  /* the caller does without: sys_try() */
	NEED_FOR_MORE = 2,   /* sandbox_allows_more() */
	NEED_FOR_PTRACE = 4, /* sandbox_allows_ptrace() */
	UNPROBED = 8,	     /* cannot be made without consequences */
};

/*
 * A call with arguments with which it does nothing, and which resemble those of our real calls for
 * a filter that looks at them: host/seccomp.c runs a filter that the program sets on these calls,
 * and inherited.c makes them under a filter that was set before the program began.
 */
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

/*
 * Whether no filter forbids a call that serves the optional parts of an event: Python's stacks, the
 * message of a C++ exception, torchrun's error file, a Java VM's report.
 */
bool sandbox_allows_more(void);

/* Whether no filter forbids a call that reading other threads takes. Many filters forbid one. */
bool sandbox_allows_ptrace(void);

/* Some of sandbox_calls[]: a bit for each, by index, and all that needs them. */
struct sandbox_set {
	uint64_t calls[2];
	unsigned needs; /* of enum sandbox_need */
};

/* Add call I of sandbox_calls[] to SET. */
void sandbox_set_add(struct sandbox_set *set, unsigned i);

/* From now on leave out the calls of SET, and what needs them. Calls that were left out before are
 * removed from SET, so that sandbox_permit() takes back no more than this call did. */
void sandbox_forbid(struct sandbox_set *set);

/* Undo sandbox_forbid(): the filter was not installed after all. */
void sandbox_permit(const struct sandbox_set *set);

/* Whether CALL is left out already, alone or with all that needs it. */
bool sandbox_is_forbidden(const struct sandbox_call *call);
