/* SPDX-License-Identifier: Apache-2.0 */
/* A handler with SA_ONSTACK runs where it would without us, and is reported the same. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/guard.h"

#define ONSTACK(...)                           \
	{                                      \
		VICTIM("onstack"), __VA_ARGS__ \
	}
#define HARD(...)                                   \
	{                                           \
		VICTIM("onstack_hard"), __VA_ARGS__ \
	}
#define FINE LIVED("SUCCEEDED return 0")
#define OVERFLOWN overflown
#define FIRST_OVERFLOWN LIVED("FAILED SIGSEGV SEGV_MAPERR")

static char overflown[64]; /* the life of a process in one of whose threads the stack was full */

static void in_bottomless(const struct run *watched)
{
	assert_non_null(
		strstr(reported_string(run_end(watched), "error_trace"), "#50 bottomless+"));
}

static const struct run_case handler_cases[] = {
	{"a handler, in threads from before and after it", ONSTACK("handlers"), FINE},
	{"the same with 70 KiB", ONSTACK("handlers", "70"), FINE},
	{"the same with 700 KiB", ONSTACK("handlers", "700"), FINE},
	{"stacks of the host's, set and removed", ONSTACK("with_stacks"), FINE},
	{"the same with 70 KiB", ONSTACK("with_stacks", "70"), FINE},
	{"14 signals at once", ONSTACK("many"), FINE},
	{"the same with 70 KiB", ONSTACK("many", "70"), FINE},
	{"in sigsuspend()", ONSTACK("in_sigsuspend", "70"), FINE},
	{"siglongjmp() out of it", HARD("jump", "70"), FINE},
	{"for one time", ONSTACK("one_shot", "70"), LIVED("FAILED SIGUSR1 *")},
	{"recovery from faults", ONSTACK("recover_from_faults", "70"), FINE},
	{"fork() in it", ONSTACK("fork_in_handler", "70"), .outcome_only = true},
	{"set in a vfork child", ONSTACK("vfork_child", "70"), .outcome_only = true},
	{"set by system calls", ONSTACK("past_libc", "700"), FINE},
	{"what is shown of it, and put back", ONSTACK("old_ones"), FINE},
	{"set in another handler", ONSTACK("install_in_handler", "70"), FINE},
	{"under a filter that forbids our calls", HARD("confined", "70"), .outcome_only = true},
	{"20000 signals to a thread that computes", HARD("storm"), FINE},
	{"the same with 70 KiB", HARD("storm", "70"), FINE},
};

/* The host's handler cannot run, and does not. */
static const struct run_case overflow_cases[] = {
	{"in the first thread", HARD("overflow", "first"), FIRST_OVERFLOWN, .also = in_bottomless},
	{"in the first thread, with the same core", HARD("overflow", "first"), FIRST_OVERFLOWN,
		.how.core = true},
	{"in a thread from before the handler", HARD("overflow", "early"), OVERFLOWN,
		.also = in_bottomless},
	{"in a later thread", HARD("overflow", "late"), OVERFLOWN, .also = in_bottomless},
	{"in a later thread, with the same core", HARD("overflow", "late"), OVERFLOWN,
		.how.core = true},
	{"with SA_NODEFER", HARD("overflow", "late", "1073741824"), OVERFLOWN,
		.also = in_bottomless},
	{"with SA_RESETHAND", HARD("overflow", "late", "-2147483648"), OVERFLOWN,
		.also = in_bottomless},
	{"beside another handler", HARD("overflow", "other"), FIRST_OVERFLOWN},
};

#define REPORTED LIVED("FAILED SIGSEGV SEGV_MAPERR")
#define EXITED LIVED("FAILED SIGSEGV SEGV_MAPERR then _exit 42")

static void faults_here(const struct run *watched)
{
	assert_non_null(
		strstr(reported_string(run_end(watched), "error_trace"), "#0  faults_here+"));
}

/* What such a handler reports is found behind it. */
static const struct run_case report_cases[] = {
	{"in the first thread", HARD("report", "first", "70"), REPORTED, .also = faults_here},
	{"in a thread", HARD("report", "thread", "70"), REPORTED, .also = faults_here},
	{"in a thread, with the same core", HARD("report", "thread", "70"), REPORTED,
		.how.core = true},
	{"in the first thread, and exits", HARD("report", "first", "70", "1"), EXITED,
		.also = faults_here},
	{"in a thread, and exits", HARD("report", "thread", "70", "1"), EXITED,
		.also = faults_here},
};

/*
 * A process that a thread of its parent forked has ss_flags SS_DISABLE in its signal frames, where
 * others have 0, and keeps that over exec; sigaltstack(2) does not show which. So our victims,
 * whose view is compared to the flag, must not inherit whatever the runner's process has.
 */
static void forget_inherited_flags(void)
{
	static char memory[64 * 1024];
	const stack_t own = {.ss_sp = memory, .ss_size = sizeof memory};

	sigaltstack(&own, NULL);
}

int main(void)
{
	forget_inherited_flags();
	snprintf(overflown, sizeof overflown, LIVED("FAILED SIGSEGV %s"), guard_fault_code());
	return run_cases("handlers with SA_ONSTACK", handler_cases) +
	       run_cases("crash handlers with SA_ONSTACK", report_cases) +
	       run_cases("overflows with such a handler", overflow_cases);
}
