/* SPDX-License-Identifier: Apache-2.0 */
/* A handler with SA_ONSTACK runs where it would without us, and is told the same. */
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define ONSTACK(...)                                                                               \
	{                                                                                          \
		VICTIM("onstack"), __VA_ARGS__                                                     \
	}
#define FINE LIVED("SUCCEEDED return 0")
#define OVERFLOWN LIVED("FAILED SIGSEGV SEGV_ACCERR")
#define FIRST_OVERFLOWN LIVED("FAILED SIGSEGV SEGV_MAPERR")

static void in_bottomless(const struct run *watched)
{
	assert_non_null(strstr(told_string(run_end(watched), "error_trace"), "#50 bottomless+"));
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
	{"siglongjmp() out of it", ONSTACK("jump", "70"), FINE},
	{"for one time", ONSTACK("one_shot", "70"), LIVED("FAILED SIGUSR1 *")},
	{"recovery from faults", ONSTACK("recover_from_faults", "70"), FINE},
	{"fork() in it", ONSTACK("fork_in_handler", "70"), .outcome_only = true},
	{"set in a vfork child", ONSTACK("vfork_child", "70"), .outcome_only = true},
	{"set in another handler", ONSTACK("install_in_handler", "70"), FINE},
	{"under a filter that forbids our calls", ONSTACK("confined", "70"), .outcome_only = true},
	{"20000 signals to a thread that computes", ONSTACK("storm"), FINE},
	{"the same with 70 KiB", ONSTACK("storm", "70"), FINE},
};

/* The host's handler cannot run, and does not. */
static const struct run_case overflow_cases[] = {
	{"in the first thread", ONSTACK("overflow", "first"), FIRST_OVERFLOWN, .also = in_bottomless},
	{"in the first thread, with the same core", ONSTACK("overflow", "first"), FIRST_OVERFLOWN,
		.how.core = true},
	{"in a thread from before the handler", ONSTACK("overflow", "early"), OVERFLOWN,
		.also = in_bottomless},
	{"in a later thread", ONSTACK("overflow", "late"), OVERFLOWN, .also = in_bottomless},
	{"in a later thread, with the same core", ONSTACK("overflow", "late"), OVERFLOWN,
		.how.core = true},
	{"with SA_NODEFER", ONSTACK("overflow", "late", "1073741824"), OVERFLOWN,
		.also = in_bottomless},
	{"with SA_RESETHAND", ONSTACK("overflow", "late", "-2147483648"), OVERFLOWN,
		.also = in_bottomless},
	{"beside another handler", ONSTACK("overflow", "other"), FIRST_OVERFLOWN},
};

int main(void)
{
	return run_cases("handlers with SA_ONSTACK", handler_cases) +
	       run_cases("overflows with such a handler", overflow_cases);
}
