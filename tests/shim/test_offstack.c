/* SPDX-License-Identifier: Apache-2.0 */
/* A handler of SIGSEGV without SA_ONSTACK runs where it would without us, and an overflow of the
 * stack, for which it cannot run, is reported. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/guard.h"

#define OFFSTACK(...)                           \
	{                                       \
		VICTIM("offstack"), __VA_ARGS__ \
	}
#define FINE LIVED("SUCCEEDED return 0")
#define OVERFLOWN overflown
#define FIRST_OVERFLOWN LIVED("FAILED SIGSEGV SEGV_MAPERR")

static char overflown[64]; /* the life of a process in one of whose threads the stack was full */

static const struct run_case handler_cases[] = {
	{"sent to threads from before and after it", OFFSTACK("sent", "0"), FINE},
	{"the same with SA_SIGINFO", OFFSTACK("sent", "1"), FINE},
	{"the same with 700 KiB", OFFSTACK("sent", "1", "700"), FINE},
	{"with SA_NODEFER", OFFSTACK("sent", "1", "0", "1073741824"), FINE},
	{"for one time", OFFSTACK("sent", "1", "0", "-2147483648"), LIVED("FAILED SIGSEGV *")},
	{"recovery from faults", OFFSTACK("recover"), FINE},
	{"the same with 700 KiB", OFFSTACK("recover", "700"), FINE},
	{"with a stack of the host's from before it", OFFSTACK("own_stack", "before"), FINE},
	{"with a stack of the host's from after it", OFFSTACK("own_stack", "after"), FINE},
	{"with one from after it, and a signal between", OFFSTACK("own_stack", "between"), FINE},
	{"with a stack of the host's past libc", OFFSTACK("own_stack", "past"), FINE},
	{"set by the older functions", OFFSTACK("old_ones"), FINE},
	{"beside one of a vfork child's", OFFSTACK("in_vfork_child"), .outcome_only = true},
};

static void is_overflow(const struct run *watched)
{
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(run_end(watched), "stack_overflow")));
	assert_non_null(strstr(reported_string(run_end(watched), "message"), "(stack overflow)"));
}

/* The outermost frames are there, too, and how many are left out before them. */
static void in_bottomless(const struct run *watched)
{
	const char *trace = reported_string(run_end(watched), "error_trace"), *left_out;
	const cJSON *frames = cJSON_GetObjectItem(run_end(watched), "frames");

	is_overflow(watched);
	assert_non_null(strstr(trace, "#50 bottomless+"));
	left_out = strstr(trace, " frames left out\n");
	assert_non_null(left_out);
	assert_non_null(strstr(left_out, " overflow"));
	assert_int_equal(cJSON_GetArraySize(frames), 128);
	frames = cJSON_GetObjectItem(cJSON_GetArrayItem(frames, 96), "left_out");
	assert_true(frames->valueint > 5000);
}

static void in_too_large(const struct run *watched)
{
	is_overflow(watched);
	assert_non_null(strstr(reported_string(run_end(watched), "error_trace"), "#0  too_large+"));
}

/* The host's handler cannot run, and does not. */
static const struct run_case overflow_cases[] = {
	{"in the first thread", OFFSTACK("overflow", "small"), FIRST_OVERFLOWN,
		.also = in_bottomless},
	{"in the first thread, with the same core", OFFSTACK("overflow", "small"), FIRST_OVERFLOWN,
		.how.core = true},
	{"without a handler", OFFSTACK("overflow", "small", "none"), FIRST_OVERFLOWN,
		.also = in_bottomless},
	{"in a thread from before the handler", OFFSTACK("overflow", "small", "early"), OVERFLOWN,
		.also = in_bottomless},
	{"in a later thread", OFFSTACK("overflow", "small", "late"), OVERFLOWN,
		.also = in_bottomless},
	{"in a later thread, with the same core", OFFSTACK("overflow", "small", "late"), OVERFLOWN,
		.how.core = true},
	{"by one large frame", OFFSTACK("overflow", "large"), LIVED("FAILED SIGSEGV *"),
		.also = in_too_large},
	{"by one large frame in a thread", OFFSTACK("overflow", "large", "late"),
		LIVED("FAILED SIGSEGV *"), .also = in_too_large},
};

#define REPORTED LIVED("FAILED SIGSEGV SEGV_MAPERR")
#define EXITED LIVED("FAILED SIGSEGV SEGV_MAPERR then _exit 42")

static void faults_here(const struct run *watched)
{
	assert_null(cJSON_GetObjectItem(run_end(watched), "stack_overflow"));
	assert_non_null(
		strstr(reported_string(run_end(watched), "error_trace"), "#0  faults_here+"));
}

/* What such a handler reports is found behind it. */
static const struct run_case report_cases[] = {
	{"in the first thread", OFFSTACK("report", "first", "70"), REPORTED, .also = faults_here},
	{"in a thread", OFFSTACK("report", "thread", "70"), REPORTED, .also = faults_here},
	{"in a thread, with the same core", OFFSTACK("report", "thread", "70"), REPORTED,
		.how.core = true},
	{"in the first thread, and exits", OFFSTACK("report", "first", "70", "1"), EXITED,
		.also = faults_here},
};

/* As in test_onstack.c: a victim must not inherit the flags of the runner's process. */
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
	return run_cases("handlers of SIGSEGV", handler_cases) +
	       run_cases("crash handlers", report_cases) +
	       run_cases("overflows with such a handler", overflow_cases);
}
