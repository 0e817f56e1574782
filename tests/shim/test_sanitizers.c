/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sanitizer's report and the status it ends with are as ever. Its runtime has handlers of its
 * own and ends by the system call itself: such an end is its waiter's to report.
 */
#include "tests/support/cases.h"

#define BUILT(with) VICTIM(with "/sanitized")
#define FINE LIVED("SUCCEEDED return 0")
#define RETURNED LIVED("FAILED return 3")
#define ABORTED LIVED("FAILED SIGABRT abort")
#define CRASHED LIVED("FAILED SIGSEGV SEGV_MAPERR")

/* It reports, and ends; clang's asks a child for the names. */
#define REPORTS "INIT, RUNNING", {"*"}, .unended = 1

#define RUNS(with, act)          \
	{                        \
		BUILT(with), act \
	}
/* TSan waits for a second at its end, for races of others. */
#define NEEDS(with)                                                                   \
	.how.environment[0] = "TSAN_OPTIONS=atexit_sleep_ms=0", .needs = BUILT(with), \
	.masks = {"0x[0-9a-f]+", "==[0-9]+==|p?t?id=[0-9]+", " T[0-9]+\\)"}

#define CASE(with, act, ...)                                             \
	{                                                                \
		with ": " act, RUNS(with, act), __VA_ARGS__, NEEDS(with) \
	}

/* gcc's is a library, and wants to be the first of all; or it is reported not to mind. */
#define FIRST(act)                                                                               \
	{                                                                                        \
		"sh", "-c",                                                                      \
			"LD_PRELOAD=$(gcc -print-file-name=libasan.so):$LD_PRELOAD exec " BUILT( \
				"gcc-address-shared") " " act                                    \
	}
#define SECOND .how.environment[1] = "ASAN_OPTIONS=verify_asan_link_order=0"

static const struct run_case cases[] = {
	CASE("gcc-address", "fault", REPORTS),
	CASE("gcc-address", "use_after_free", REPORTS),
	CASE("gcc-address", "fault_in_thread", REPORTS),
	CASE("gcc-address", "leak", REPORTS),
	CASE("gcc-address", "abort", ABORTED),
	{"gcc-address: abort, with a handler of ASan's", RUNS("gcc-address", "abort"), REPORTS,
		NEEDS("gcc-address"), .how.environment[1] = "ASAN_OPTIONS=handle_abort=1"},
	CASE("clang-address", "fault", REPORTS),
	CASE("clang-address", "use_after_free", REPORTS),
	CASE("clang-address", "fault_in_thread", REPORTS),
	CASE("clang-address", "leak", REPORTS),
	{"clang-address: abort, with a handler of ASan's", RUNS("clang-address", "abort"), REPORTS,
		NEEDS("clang-address"), .how.environment[1] = "ASAN_OPTIONS=handle_abort=1"},
	{"gcc-address-shared: ASan in front, a fault", FIRST("fault"), "INIT, RUNNING*", {"*"},
		.unended = 1, NEEDS("gcc-address-shared")},
	{"gcc-address-shared: ASan in front, a leak", FIRST("leak"), "INIT, RUNNING*", {"*"},
		.unended = 1, NEEDS("gcc-address-shared")},
	{"gcc-address-shared: ASan behind, a fault", RUNS("gcc-address-shared", "fault"), REPORTS,
		NEEDS("gcc-address-shared"), SECOND},
	{"gcc-address-shared: ASan behind, a fault in a thread",
		RUNS("gcc-address-shared", "fault_in_thread"), REPORTS, NEEDS("gcc-address-shared"),
		SECOND},
	CASE("gcc-undefined", "shift", RETURNED),
	CASE("gcc-undefined", "fault", CRASHED),
	CASE("gcc-undefined-halts", "shift", REPORTS),
	CASE("clang-undefined", "shift", RETURNED, {"*"}),
	CASE("clang-undefined-halts", "shift", REPORTS),
	CASE("gcc-thread", "fault", REPORTS),
	CASE("gcc-thread", "race", REPORTS),
	CASE("gcc-thread", "leak", FINE),
	CASE("gcc-thread", "shift", RETURNED),
	CASE("clang-thread", "fault", REPORTS),
	CASE("clang-thread", "race", REPORTS),
	CASE("clang-thread", "leak", FINE),
	CASE("clang-thread", "shift", RETURNED),
	CASE("gcc-leak", "leak", REPORTS),
	CASE("gcc-leak", "fault", REPORTS),
	CASE("gcc-leak", "shift", RETURNED),
	CASE("clang-leak", "leak", REPORTS),
	CASE("clang-leak", "fault", REPORTS),
	CASE("clang-leak", "shift", RETURNED),
};

int main(void)
{
	return run_cases("sanitizers", cases);
}
