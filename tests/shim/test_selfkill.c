/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts whose handler of a fault ends the process itself: the fault is reported, of the thread that
 * it happened in. And those that recover from one: what ends them later has nothing to do with it.
 */
#include <math.h>
#include <signal.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/in_child.h"

#define SELFKILL(...)                           \
	{                                       \
		VICTIM("selfkill"), __VA_ARGS__ \
	}
#define NODEFER "1073741824"
#define CORE .how.core = true

/* The wait status is what the handler made it, the event is the fault's. */
#define AGAIN LIVED("FAILED SIGSEGV SEGV_MAPERR")
#define THEN(end) LIVED("FAILED SIGSEGV SEGV_MAPERR then " end)
#define FAULT_IN_FAULTER .also = is_faulters
#define NO_FAULT .also = has_no_fault

static void is_in_fault_here(const struct run *watched)
{
	const struct cJSON *end = run_end(watched);
	const char *trace = reported_string(end, "error_trace");

	assert_non_null(strstr(reported_string(end, "message"), " in fault_here "));
	assert_non_null(strstr(trace, "fault_here+"));
	assert_non_null(strstr(trace, "faulter+"));
	assert_null(strstr(trace, " main+"));
	assert_null(strstr(trace, " handler+"));
	assert_string_equal(reported_string(end, "process.thread"), "faulter");
}

static void is_faulters(const struct run *watched)
{
	const struct cJSON *end = run_end(watched);

	is_in_fault_here(watched);
	assert_string_equal(reported_string(end, "cause"), "fault");
	assert_int_equal(strncmp(reported_string(end, "error_trace"), "#0  fault_here+", 15), 0);
	assert_non_null(strstr(reported_string(end, "message"), " at 0x10 "));
	assert_true(isnan(reported_number(end, "fault.tid")));
}

/* Where the thread that called kill() did not get to the fault once more before it was reported. */
static void is_faulters_again(const struct run *watched)
{
	is_faulters(watched);
	assert_string_equal(reported_string(run_end(watched), "fault.name"), "SIGSEGV");
	assert_string_equal(reported_string(run_end(watched), "fault.address"), "0x10");
}

static void is_other_threads(const struct run *watched)
{
	const struct cJSON *end = run_end(watched);

	assert_non_null(strstr(reported_string(end, "message"),
		", after SIGSEGV (address not mapped) at 0x10 in thread "));
	assert_string_equal(reported_string(end, "fault.code_name"), "SEGV_MAPERR");
	assert_int_not_equal(
		reported_number(end, "fault.tid"), reported_number(end, "process.tid"));
	assert_null(strstr(reported_string(end, "error_trace"), "fault_here"));
}

static void is_after_a_fault(const struct run *watched)
{
	const struct cJSON *end = run_end(watched);

	assert_non_null(strstr(reported_string(end, "message"),
		", after SIGSEGV (address not mapped) at 0x10 in thread "));
	assert_string_equal(reported_string(end, "signal.sender_is"), "ancestor");
}

static void has_no_fault(const struct run *watched)
{
	const struct cJSON *end = run_end(watched);

	assert_null(reported_get(end, "fault"));
	assert_string_not_equal(reported_string(end, "signal.code_name"), "SEGV_MAPERR");
	assert_null(strstr(reported_string(end, "error_trace"), "fault_here"));
}

static const struct run_case cases[] = {
	{"selfkill: kill()", SELFKILL("in", "kill"), AGAIN, FAULT_IN_FAULTER, CORE},
	{"selfkill: kill(), and the handler does not return", SELFKILL("in", "kill_and_wait"),
		AGAIN, .also = is_faulters_again, CORE},
	{"selfkill: kill(), and the handler works on", SELFKILL("in", "kill_and_work"), AGAIN,
		.also = is_faulters_again},
	{"selfkill: pthread_kill() of the first thread", SELFKILL("in", "pthread_kill"), AGAIN,
		FAULT_IN_FAULTER},
	{"selfkill: tgkill by the system call", SELFKILL("in", "tgkill"), AGAIN, FAULT_IN_FAULTER},
	{"selfkill: sigqueue()", SELFKILL("in", "sigqueue"), AGAIN, FAULT_IN_FAULTER},
	{"selfkill: raise(), which waits", SELFKILL("in", "raise"), AGAIN,
		.also = is_faulters_again, CORE},
	{"selfkill: raise(), which comes at once", SELFKILL("in", "raise", NODEFER), AGAIN,
		.also = is_faulters_again, CORE},
	{"selfkill: abort() in the handler", SELFKILL("in", "abort"), THEN("SIGABRT"),
		FAULT_IN_FAULTER, CORE},
	{"selfkill: _exit() in the handler", SELFKILL("in", "_exit"), THEN("_exit 3"),
		FAULT_IN_FAULTER},
	{"selfkill: exit() in the handler", SELFKILL("in", "exit"), THEN("exit 3"),
		FAULT_IN_FAULTER},
	{"selfkill: another signal in the handler", SELFKILL("in", "terminating"),
		LIVED("FAILED SIGTERM terminated"), .also = is_other_threads,
		.how = {SIGTERM_IN_ITS_OWN_TIME}},
	{"selfkill: the handler forks", SELFKILL("in", "fork"), AGAIN, {"INIT, FAILED _exit 7"},
		FAULT_IN_FAULTER},
	{"selfkill: the handler forks, and the child aborts", SELFKILL("in", "aborting_fork"),
		AGAIN, {"INIT, FAILED SIGABRT abort"}, FAULT_IN_FAULTER},
	{"selfkill: kill(), without SA_SIGINFO", SELFKILL("old", "kill"), AGAIN, FAULT_IN_FAULTER},
	{"selfkill: raise(), without SA_SIGINFO", SELFKILL("old", "raise"), AGAIN,
		.also = is_faulters_again},
	{"selfkill: raise() at once, without SA_SIGINFO", SELFKILL("old", "raise", "11", NODEFER),
		AGAIN, .also = is_faulters_again},
	{"selfkill: kill() with SA_NODEFER, without SA_SIGINFO",
		SELFKILL("old", "kill", "11", NODEFER), AGAIN, FAULT_IN_FAULTER},
	{"selfkill: abort(), without SA_SIGINFO", SELFKILL("old", "abort"), THEN("SIGABRT"),
		FAULT_IN_FAULTER},
	{"selfkill: _exit(), without SA_SIGINFO", SELFKILL("old", "_exit"), THEN("_exit 3"),
		FAULT_IN_FAULTER},
	{"selfkill: abort(), and a handler of that", SELFKILL("twice", "kill"), THEN("SIGABRT"),
		FAULT_IN_FAULTER},
	{"selfkill: abort(), and a handler of that, 8 times",
		{"sh", "-c",
			"for i in 1 2 3 4 5 6 7 8; do " VICTIM("selfkill") " twice kill; done"},
		LIVED("FAILED * 134"),
		{THEN("SIGABRT"), THEN("SIGABRT"), THEN("SIGABRT"), THEN("SIGABRT"),
			THEN("SIGABRT"), THEN("SIGABRT"), THEN("SIGABRT"), THEN("SIGABRT")}},
	{"selfkill: abort(), and a handler of that exits", SELFKILL("twice", "_exit"),
		THEN("_exit 3"), FAULT_IN_FAULTER},
	{"selfkill: abort() after SIGILL", SELFKILL("in", "abort", "0", "4"),
		LIVED("FAILED SIGILL ILL_ILLOPN then SIGABRT"), .also = is_in_fault_here},
	{"selfkill: abort() after SIGFPE", SELFKILL("in", "abort", "0", "8"),
		LIVED("FAILED SIGFPE FPE_INTDIV then SIGABRT"), .also = is_in_fault_here},
	{"selfkill: abort() after SIGBUS", SELFKILL("in", "abort", "0", "7"),
		LIVED("FAILED SIGBUS BUS_ADRERR then SIGABRT"), .also = is_in_fault_here},
	{"selfkill: _exit() after SIGILL, without SA_SIGINFO", SELFKILL("old", "_exit", "4"),
		LIVED("FAILED SIGILL ILL_ILLOPN then _exit 3"), .also = is_in_fault_here},
	{"selfkill: somebody ends it in the handler", SELFKILL("here", "waiting"),
		LIVED("FAILED SIGTERM terminated"), .also = is_after_a_fault,
		.how = {SIGTERM_IN_ITS_OWN_TIME, .signal = SIGTERM}},
	{"selfkill: somebody ends it in the handler of a thread", SELFKILL("in", "waiting"),
		LIVED("FAILED SIGTERM terminated"), .also = is_after_a_fault,
		.how = {SIGTERM_IN_ITS_OWN_TIME, .signal = SIGTERM}},
	{"selfkill: kill() in a handler of SIGABRT", SELFKILL("in", "kill", "0", "6"),
		LIVED("FAILED SIGABRT abort"), .also = is_in_fault_here},
	{"selfkill: kill() in a handler of SIGABRT that does not return",
		SELFKILL("in", "kill_and_wait", "0", "6"), LIVED("FAILED SIGABRT abort"),
		.also = is_in_fault_here},
	{"selfkill: another thread kills it", SELFKILL("handed", "kill"), AGAIN,
		.also = is_faulters_again, CORE},
	{"selfkill: another thread raises it", SELFKILL("handed", "raise"), AGAIN,
		.also = is_faulters_again},
	{"selfkill: another thread aborts", SELFKILL("handed", "abort"),
		LIVED("FAILED SIGABRT abort"), .also = is_other_threads},
	{"selfkill: another thread calls _exit()", SELFKILL("handed", "_exit"),
		LIVED("FAILED _exit 3"), .also = is_other_threads},
	{"selfkill: another thread sends another signal", SELFKILL("handed", "terminating"),
		LIVED("FAILED SIGTERM terminated"), .also = is_other_threads,
		.how = {SIGTERM_IN_ITS_OWN_TIME}},
};

static const struct run_case recovered_cases[] = {
	{"recovered: abort()", SELFKILL("recovered", "abort", "0"), LIVED("FAILED SIGABRT abort"),
		NO_FAULT},
	{"recovered: abort() above what the fault left", SELFKILL("recovered", "abort", "8"),
		LIVED("FAILED SIGABRT abort"), NO_FAULT},
	{"recovered: _exit() above what the fault left", SELFKILL("recovered", "_exit", "8"),
		LIVED("FAILED _exit 3"), NO_FAULT},
	{"recovered: kill() above what the fault left", SELFKILL("recovered", "kill", "8"),
		LIVED("FAILED SIGSEGV SI_USER"), NO_FAULT},
	{"recovered: raise() above what the fault left", SELFKILL("recovered", "raise", "8"),
		LIVED("FAILED SIGSEGV SI_TKILL"), NO_FAULT},
	{"recovered: another signal's handler aborts", SELFKILL("interrupted", "10"),
		LIVED("FAILED SIGABRT abort"), .also = has_no_fault},
	{"recovered: another signal's handler exits", SELFKILL("interrupted", "12"),
		LIVED("FAILED _exit 3"), NO_FAULT},
	{"recovered: mended, 1000 times", SELFKILL("mended", "1000"), LIVED("SUCCEEDED return 0")},
	{"recovered: mended, then abort()", SELFKILL("mended", "3", "abort"),
		LIVED("FAILED SIGABRT abort"), NO_FAULT},
	{"recovered: mended, then _exit()", SELFKILL("mended", "3", "_exit"),
		LIVED("FAILED _exit 3"), NO_FAULT},
	{"recovered: left by siglongjmp(), 1000 times", SELFKILL("jumped", "1000"),
		LIVED("SUCCEEDED return 0")},
};

int main(void)
{
	return run_cases("selfkill", cases) + run_cases("recovered", recovered_cases);
}
