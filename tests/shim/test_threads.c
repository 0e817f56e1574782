/* SPDX-License-Identifier: Apache-2.0 */
/* A stack overflow in any thread is reported, and threads are to their program what they were. */
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/in_child.h"

#define THREADS VICTIM("threads")
#define OVERFLOWN LIVED("FAILED SIGSEGV SEGV_*ERR")
#define FINE LIVED("SUCCEEDED return 0")
#define PYTHON "/usr/bin/python3"

#define IN_THREAD                                             \
	"thread = threading.Thread(target=deep, args=(0,))\n" \
	"thread.start()\n"                                    \
	"thread.join()\n"
#define DEEP                         \
	"import ctypes, threading\n" \
	"deep = ctypes.CDLL('" VICTIM("libdeep.so") "').deep\n" IN_THREAD

/* map() calls the function, which calls list(), which asks map(). From 3.12 on Python counts such
 * calls, too, or looks how much of the stack is left, and raises RecursionError. */
#define DEEP_IN_PYTHON                   \
	"import sys, threading\n"        \
	"sys.setrecursionlimit(10**9)\n" \
	"def deep(_): return list(map(deep, [0]))\n" IN_THREAD
#define OVERFLOWN_OR_RAISED LIVED("@(FAILED SIGSEGV SEGV_*ERR|SUCCEEDED return 0)")

static void in_deep_thread(const struct run *watched)
{
	const cJSON *end = run_end(watched);
	const char *trace = reported_string(end, "error_trace");

	assert_string_equal(reported_string(end, "process.thread"), "deep");
	assert_int_not_equal((pid_t)reported_number(end, "process.tid"), watched->pid);
	assert_string_equal(reported_string(end, "trace.outcome"), "ok");
	assert_non_null(strstr(trace, "#0  bottomless+"));
	assert_non_null(strstr(trace, "#50 bottomless+"));
}

static const struct run_case overflow_cases[] = {
	{"in a thread", {THREADS, "overflow"}, OVERFLOWN, .also = in_deep_thread},
	{"in a thread of thrd_create()", {THREADS, "overflow_in_c11_thread"}, OVERFLOWN,
		.also = in_deep_thread},
	{"in a thread, with the same core", {THREADS, "overflow"}, OVERFLOWN, .how.core = true},
	{"in a thread with the smallest stack", {THREADS, "overflow", "16384"}, OVERFLOWN},
	{"in a thread, when the first one is gone", {THREADS, "overflow_after_main"}, OVERFLOWN,
		.also = in_deep_thread},
	{"in 8 threads at once, told once", {THREADS, "overflow_together", "8"}, OVERFLOWN,
		.also = in_deep_thread},
	{"in a thread with a stack of the host's", {THREADS, "overflow_on_own_stack"}, OVERFLOWN,
		.also = in_deep_thread},
	/* The host's handler could not run without us, and does not. */
	{"with a handler that has no stack to run on", {THREADS, "overflow_with_handler"},
		OVERFLOWN, .also = in_deep_thread},
	{"with a handler and a stack of the host's", {THREADS, "overflow_with_handler_and_stack"},
		LIVED("FAILED SIGSEGV SEGV_*ERR then _exit 42")},
	{"in the child of a thread", {THREADS, "fork_in_thread"}, FINE,
		{"INIT, FAILED SIGSEGV SEGV_*ERR"}},
	{"in a thread of the child of a thread", {THREADS, "threads_after_fork"}, FINE,
		{"INIT, FAILED SIGSEGV SEGV_*ERR"}},
	{"in a thread of Python's", {PYTHON, "-c", DEEP}, OVERFLOWN, .needs = PYTHON},
	{"in a thread of Python's, with a handler that has no stack to run on",
		{PYTHON, "-X", "faulthandler", "-c", DEEP}, OVERFLOWN, .needs = PYTHON},
	{"in a thread of Python's, by Python's own calls", {PYTHON, "-c", DEEP_IN_PYTHON},
		OVERFLOWN_OR_RAISED, .needs = PYTHON},
	{"in a thread after 1500 at once", {THREADS, "crowd", "1500"}, OVERFLOWN},
	{"in a thread after 3000 refused ones", {THREADS, "refused"}, OVERFLOWN,
		.how = {.in_child = become_loner, .lend = true}},
	{"in a thread of a sandbox", {THREADS, "confined", "harmlessly"}, OVERFLOWN},
	{"in a thread of a sandbox that forbids our calls", {THREADS, "confined"},
		.outcome_only = true},
};

static const struct run_case thread_cases[] = {
	{"what threads see of their alternate stacks", {THREADS, "stacks"}, FINE},
	{"100000 threads, one after the other", {THREADS, "many", "return", "100000"}, FINE},
	{"3000 threads of thrd_create()", {THREADS, "c11_threads", "3000"}, FINE},
	{"20000 threads beside 16 that stay", {THREADS, "many", "return", "20000", "16"}, FINE},
	{"10000 threads that call pthread_exit", {THREADS, "many", "exit", "10000"}, FINE},
	{"10000 threads that are cancelled", {THREADS, "many", "cancel", "10000"}, FINE},
	{"10000 detached threads", {THREADS, "many", "detach", "10000"}, FINE},
	{"threads in little memory", {THREADS, "many", "return", "100"}, FINE,
		.how.in_child = little_memory},
	{"a thread that spawns", {THREADS, "spawn_in_thread"}, FINE, {"SUCCEEDED wait 0"}},
};

int main(void)
{
	return run_cases("overflows", overflow_cases) + run_cases("threads", thread_cases);
}
