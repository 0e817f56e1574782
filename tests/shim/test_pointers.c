/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pointers of the host's that lead nowhere: what the kernel refuses is refused, what libc dies of
 * it dies of, and what we would read by them is left out.
 */
#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define POINTERS VICTIM("pointers")
#define RETURNED LIVED("FAILED return 3")
#define CRASHED LIVED("FAILED SIGSEGV *")

#define FATAL(what)                                                                               \
	{what ": NULL", {POINTERS, "fatal", what, "0"}, "*", .outcome_only = true},               \
		{what ": an address of nothing", {POINTERS, "fatal", what, "1"}, "*",             \
			.outcome_only = true},                                                    \
		{what ": not mapped", {POINTERS, "fatal", what, "2"}, "*", .outcome_only = true}, \
		{what ": not readable", {POINTERS, "fatal", what, "3"}, "*",                      \
			.outcome_only = true},                                                    \
		{what ": not writable", {POINTERS, "fatal", what, "4"}, "*",                      \
			.outcome_only = true},                                                    \
	{                                                                                         \
		what ": across an end", {POINTERS, "fatal", what, "5"}, "*", .outcome_only = true \
	}

#define GONE(n)                                                                                   \
	{"environ is gone (" n ")", {POINTERS, "environment", n, "whole"}, RETURNED},             \
		{"a variable is gone (" n ")", {POINTERS, "environment", n, "string"}, RETURNED}, \
		{"a crash while environ is gone (" n ")",                                         \
			{POINTERS, "environment", n, "whole", "crash"}, CRASHED},                 \
	{                                                                                         \
		"a crash while a variable is gone (" n ")",                                       \
			{POINTERS, "environment", n, "string", "crash"}, CRASHED                  \
	}

static const struct run_case cases[] = {
	{"what the kernel refuses", {POINTERS, "refused"}, RETURNED, {"*"}},
	/* The descriptor is the launcher's, so the bytes are looked at. */
	{"what the kernel refuses, in a rank of MPICH", {POINTERS, "refused"}, RETURNED, {"*"},
		.how.environment = {"PMI_PORT=localhost:1", "PMI_RANK=0"}},
	{"a path that nobody has looked at", {POINTERS, "exec_refused"}, RETURNED, {"*"}},
	FATAL("sigaction"),
	FATAL("sigaction_old"),
	FATAL("sigaction_kill"),
	FATAL("sigaction_none"),
	FATAL("attributes"),
	FATAL("thread"),
	GONE("0"),
	GONE("1"),
	GONE("2"),
	GONE("3"),
	GONE("5"),
};

int main(void)
{
	return run_cases("pointers", cases);
}
