/* SPDX-License-Identifier: Apache-2.0 */
/* A process that brings a fatal signal on itself dies as it would, and says of what. */
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define CRASHES VICTIM("crashes")
#define HANDLES VICTIM("handles")
#define DIED(signal) LIVED("FAILED " signal)

static void at_null(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "signal.address"), "0x0");
}

/* The stack begins where it happened, and goes on to main. */
static void has_leaf_and_main(const struct run *watched)
{
	const char *trace = reported_string(run_end(watched), "error_trace");

	at_null(watched);
	assert_non_null(strstr(trace, "#0  leaf+"));
	assert_non_null(strstr(trace, " main+"));
	assert_string_equal(reported_string(run_end(watched), "trace.outcome"), "ok");
}

static void in_thread_crasher(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "process.thread"), "crasher-of-15-c");
	assert_non_null(strstr(reported_string(run_end(watched), "error_trace"), "#0  leaf+"));
}

static void has_assertion(const struct run *watched)
{
	const char *message = reported_string(run_end(watched), "abort_message");

	assert_non_null(strstr(message, "Assertion `zero == 1' failed."));
	assert_non_null(strstr(message, "crashes.c:"));
}

static void has_double_free(const struct run *watched)
{
	assert_non_null(
		strstr(reported_string(run_end(watched), "abort_message"), "free(): double free"));
}

static void has_smashing(const struct run *watched)
{
	assert_non_null(
		strstr(reported_string(run_end(watched), "abort_message"), "stack smashing"));
}

static void has_overflow(const struct run *watched)
{
	assert_non_null(strstr(
		reported_string(run_end(watched), "abort_message"), "buffer overflow detected"));
}

static void sent_by_itself(const struct run *watched)
{
	const cJSON *end = run_end(watched);

	assert_string_equal(reported_string(end, "signal.sender_is"), "self");
	assert_string_equal(reported_string(end, "signal.code_name"), "SI_TKILL");
	assert_int_equal((pid_t)reported_number(end, "signal.sender_pid"), watched->pid);
}

static const struct run_case cases[] = {
	{"a write to null", {CRASHES, "null_write"}, DIED("SIGSEGV SEGV_MAPERR"),
		.also = has_leaf_and_main},
	{"a write to null dumps the same core", {CRASHES, "null_write"},
		DIED("SIGSEGV SEGV_MAPERR"), .how.core = true},
	{"a non-canonical address", {CRASHES, "wild_read"}, DIED("SIGSEGV SI_KERNEL")},
	{"a write to a read-only page", {CRASHES, "read_only_write"}, DIED("SIGSEGV SEGV_ACCERR")},
	{"a write to null in a thread", {CRASHES, "null_write_in_thread"},
		DIED("SIGSEGV SEGV_MAPERR"), .also = in_thread_crasher},
	{"a jump to null", {CRASHES, "jump_to_null"}, DIED("SIGSEGV SEGV_MAPERR"), .also = at_null},
	{"2 threads crash together, told once", {CRASHES, "many_together", "2"},
		DIED("SIGSEGV SEGV_MAPERR")},
	{"32 threads crash together, told once", {CRASHES, "many_together", "32"},
		DIED("SIGSEGV SEGV_MAPERR")},
	{"a mapping beyond its file", {CRASHES, "bus"}, DIED("SIGBUS BUS_ADRERR")},
	{"a division by zero", {CRASHES, "divide"}, DIED("SIGFPE FPE_INTDIV")},
	{"an illegal instruction", {CRASHES, "illegal"}, DIED("SIGILL ILL_ILLOPN")},
	{"raise(SIGTRAP)", {CRASHES, "trap"}, DIED("SIGTRAP *"), .also = sent_by_itself},
#if defined(__x86_64__)
	{"a breakpoint", {CRASHES, "breakpoint"}, DIED("SIGTRAP *")},
#endif
	{"a system call that a filter forbids", {CRASHES, "forbidden_call"},
		DIED("SIGSYS SYS_SECCOMP")},
	{"raise(SIGSEGV)", {CRASHES, "raise", "11"}, DIED("SIGSEGV *"), .also = sent_by_itself},
	{"raise(SIGABRT) is no abort()", {CRASHES, "raise", "6"}, DIED("SIGABRT *"),
		.also = sent_by_itself},
	{"raise(SIGTERM)", {CRASHES, "raise", "15"}, DIED("SIGTERM *"), .also = sent_by_itself},
	{"raise(SIGQUIT)", {CRASHES, "raise", "3"}, DIED("SIGQUIT *")},
	{"raise(SIGXCPU)", {CRASHES, "raise", "24"}, DIED("SIGXCPU *")},
	{"raise(SIGUSR1)", {CRASHES, "raise", "10"}, DIED("SIGUSR1 *")},
	{"raise(SIGKILL) cannot be told", {CRASHES, "raise", "9"}, "INIT, RUNNING", .unended = 1},
	{"raise(SIGCHLD) kills nobody", {CRASHES, "raise", "17"}, LIVED("SUCCEEDED return 0")},
	{"raise(SIGURG) kills nobody", {CRASHES, "raise", "23"}, LIVED("SUCCEEDED return 0")},
	{"raise(SIGWINCH) kills nobody", {CRASHES, "raise", "28"}, LIVED("SUCCEEDED return 0")},
	{"abort()", {CRASHES, "abort"}, DIED("SIGABRT abort")},
	{"abort() in a thread", {CRASHES, "abort_in_thread"}, DIED("SIGABRT abort")},
	{"a failed assertion", {CRASHES, "assert"}, DIED("SIGABRT abort"), .also = has_assertion},
	{"a double free", {CRASHES, "double_free"}, DIED("SIGABRT abort"), .also = has_double_free},
	{"a free of nonsense", {CRASHES, "free_nonsense"}, DIED("SIGABRT abort")},
	{"a smashed stack", {CRASHES, "smash_stack"}, DIED("SIGABRT abort"), .also = has_smashing},
	{"a copy that libc's checks find too long", {CRASHES, "fortified_copy", "too long"},
		DIED("SIGABRT abort"), .also = has_overflow},
	{"a stack overflow", {CRASHES, "overflow"}, DIED("SIGSEGV SEGV_*ERR")},
	{"a stack overflow in a thread", {CRASHES, "overflow_in_thread"},
		DIED("SIGSEGV SEGV_*ERR")},
};

static const struct run_case handler_cases[] = {
	{"a host recovers from faults", {HANDLES, "recover", "1000"}, LIVED("SUCCEEDED return 0")},
	/* Its second siginfo knows nothing of the fault; the context does. */
	{"a host's handler re-raises a fault", {HANDLES, "reraise", "11"},
		DIED("SIGSEGV SEGV_MAPERR")},
	{"a host's handler re-raises SIGTERM", {HANDLES, "reraise", "15"}, DIED("SIGTERM *")},
	{"a host's handler re-raises SIGABRT", {HANDLES, "reraise", "6"}, DIED("SIGABRT *")},
	{"a host's handler resets and faults again", {HANDLES, "fault_again"},
		DIED("SIGSEGV SEGV_MAPERR")},
	{"a host chains to the old handler, which is the default", {HANDLES, "chain_to_old"},
		DIED("SIGSEGV SEGV_MAPERR")},
	{"a handler for one time only", {HANDLES, "reset_hand"}, DIED("SIGSEGV SEGV_MAPERR")},
	{"a handler for one time that faults itself, its signal blocked, cannot be told",
		{HANDLES, "nested_reset_hand", "0"}, "INIT, RUNNING", .unended = 1},
	/* 0x40000000 is SA_NODEFER. */
	{"a handler for one time that faults itself", {HANDLES, "nested_reset_hand", "1073741824"},
		DIED("SIGSEGV SEGV_MAPERR")},
	{"a handler for one time, and SIGTERM twice", {HANDLES, "twice_reset_hand", "15"},
		DIED("SIGTERM terminated"), .also = sent_by_itself},
	{"a handler for one time, and SIGABRT twice", {HANDLES, "twice_reset_hand", "6"},
		DIED("SIGABRT abort"), .also = sent_by_itself},
	{"a host's handler _exits", {HANDLES, "exit_in_handler"},
		LIVED("FAILED SIGSEGV SEGV_MAPERR then _exit 42")},
	{"a host's handler ignores SIGTERM", {HANDLES, "ignore", "15"},
		LIVED("SUCCEEDED return 0")},
	{"a host's handler ignores SIGSEGV from kill", {HANDLES, "ignore", "11"},
		LIVED("SUCCEEDED return 0")},
	/* The second death of abort() comes from inside libc, when the host's handler has returned.
	 */
	{"abort() with a host's handler that returns cannot be told",
		{HANDLES, "abort_with_handler"}, "INIT, RUNNING", .unended = 1},
	{"a fault whose signal is blocked cannot be told", {HANDLES, "fault_while_blocked"},
		"INIT, RUNNING", .unended = 1},
	{"a fault whose signal is ignored cannot be told", {HANDLES, "fault_while_ignored"},
		"INIT, RUNNING", .unended = 1},
	{"a pending SIGTERM is unblocked", {HANDLES, "unblock_pending", "15"}, DIED("SIGTERM *")},
	{"a pending SIGSEGV is unblocked", {HANDLES, "unblock_pending", "11"}, DIED("SIGSEGV *")},
	{"a pending SIGTERM is waited for", {HANDLES, "wait_for_pending", "15"},
		LIVED("SUCCEEDED return 0")},
};

int main(void)
{
	return run_cases("crashes", cases) + run_cases("handlers", handler_cases);
}
