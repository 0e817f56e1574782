/* SPDX-License-Identifier: Apache-2.0 */
/* Rust's runtime reports a stack overflow and a panic itself, and ends in ways of its own. */
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define UNWIND(act)                        \
	{                                  \
		VICTIM("rust/unwind"), act \
	}
#define ABORT(act)                        \
	{                                 \
		VICTIM("rust/abort"), act \
	}
#define ABORTED LIVED("FAILED SIGABRT abort")
#define OVERFLOWN LIVED("FAILED SIGSEGV SEGV_*ERR then SIGABRT")
#define CRASHED LIVED("FAILED SIGSEGV SEGV_MAPERR")
#define FINE LIVED("SUCCEEDED * 0")

/* Newer versions of it say the thread's id, which is the kernel's. */
#define NEEDS .needs = VICTIM("rust/unwind"), .masks = {"' \\([0-9]+\\)"}

/* The runtime's words, whatever its version. */
static void says_overflow(const struct run *watched)
{
	assert_non_null(strstr(watched->err.data, "has overflowed its stack"));
	assert_non_null(strstr(reported_string(run_end(watched), "error_trace"), "deeper"));
}

static void says_panic(const struct run *watched)
{
	assert_non_null(strstr(watched->err.data, "nobody catches this"));
}

static const struct run_case cases[] = {
	{"rust: a stack overflow", UNWIND("overflow"), OVERFLOWN, NEEDS, .also = says_overflow},
	{"rust: a stack overflow in a thread", UNWIND("overflow_in_thread"), OVERFLOWN, NEEDS,
		.also = says_overflow},
	{"rust: a panic", UNWIND("panic"), LIVED("FAILED * 101"), NEEDS, .also = says_panic},
	{"rust: a panic in a thread ends nothing", UNWIND("panic_in_thread"), FINE, NEEDS,
		.also = says_panic},
	{"rust: a panic, caught", UNWIND("caught"), FINE, NEEDS, .also = says_panic},
	{"rust: abort()", UNWIND("abort"), ABORTED, NEEDS},
	{"rust: exit(3)", UNWIND("exit"), LIVED("FAILED exit 3"), NEEDS},
	{"rust: a null write", UNWIND("fault"), CRASHED, NEEDS},
	{"rust: a null write in a thread", UNWIND("fault_in_thread"), CRASHED, NEEDS},
	{"rust: panic=abort", ABORT("panic"), ABORTED, NEEDS, .also = says_panic},
	{"rust: panic=abort in a thread", ABORT("panic_in_thread"), ABORTED, NEEDS,
		.also = says_panic},
	{"rust: panic=abort, a stack overflow", ABORT("overflow"), OVERFLOWN, NEEDS,
		.also = says_overflow},
};

int main(void)
{
	return run_cases("rust", cases);
}
