/* SPDX-License-Identifier: Apache-2.0 */
/* Every way out without a signal keeps its status and its output, and is reported once, by its
 * name. */
#include "tests/support/cases.h"

#define ENDS VICTIM("ends")

static const struct run_case cases[] = {
	{"return 0 succeeds", {ENDS, "return", "0"}, LIVED("SUCCEEDED return 0")},
	{"return 7 fails", {ENDS, "return", "7"}, LIVED("FAILED return 7")},
	{"a status is cut to 8 bits", {ENDS, "return", "256"}, LIVED("SUCCEEDED return 0")},
	{"return -1 is status 255", {ENDS, "return", "-1"}, LIVED("FAILED return 255")},
	{"exit 0 succeeds", {ENDS, "exit", "0"}, LIVED("SUCCEEDED exit 0")},
	{"exit 3 fails", {ENDS, "exit", "3"}, LIVED("FAILED exit 3")},
	{"exit in a second thread", {ENDS, "exit_in_thread", "3"}, LIVED("FAILED exit 3")},
	{"exit in an atexit handler", {ENDS, "exit_in_atexit", "3"}, LIVED("FAILED exit 3")},
	{"exit 0 in an atexit handler", {ENDS, "exit_in_atexit", "0"}, LIVED("SUCCEEDED exit 0")},
	{"_exit in an atexit handler", {ENDS, "_exit_in_atexit", "4"}, LIVED("FAILED _exit 4")},
	{"_exit 0 in an atexit handler", {ENDS, "_exit_in_atexit", "0"},
		LIVED("SUCCEEDED _exit 0")},
	{"the only thread ends by pthread_exit", {ENDS, "pthread_exit_alone"},
		LIVED("SUCCEEDED @(pthread_exit|return) 0")},
	{"the first thread ends before another", {ENDS, "pthread_exit_first"},
		LIVED("SUCCEEDED pthread_exit 0")},
	{"the other thread exits after the first", {ENDS, "pthread_exit_then_exit", "3"},
		LIVED("FAILED exit 3")},
	{"_exit 7 fails", {ENDS, "_exit", "7"}, LIVED("FAILED _exit 7")},
	{"_exit 0 succeeds", {ENDS, "_exit", "0"}, LIVED("SUCCEEDED _exit 0")},
	{"_exit in a second thread", {ENDS, "_exit_in_thread", "7"}, LIVED("FAILED _exit 7")},
	{"_Exit 7 fails", {ENDS, "_Exit", "7"}, LIVED("FAILED _Exit 7")},
	{"quick_exit 7 runs its handlers and fails", {ENDS, "quick_exit", "7"},
		LIVED("FAILED quick_exit 7")},
	{"quick_exit 0 succeeds", {ENDS, "quick_exit", "0"}, LIVED("SUCCEEDED quick_exit 0")},
	{"a raw exit_group cannot be told", {ENDS, "raw_exit", "7"}, "INIT, RUNNING", .unended = 1},
	{"eight threads exit at once, told once", {ENDS, "exit_in_many_threads"},
		LIVED("FAILED exit 3")},
	{"atexit and on_exit handlers see the status", {ENDS, "with_handlers", "5"},
		LIVED("FAILED return 5")},
	{"a host library crashes after main returned 0", {VICTIM("ends_in_library")},
		LIVED("FAILED SIGSEGV SEGV_MAPERR"), .how.environment = {"BAD_END=crash"}},
	{"a host library aborts after main returned 0", {VICTIM("ends_in_library")},
		LIVED("FAILED SIGABRT abort"), .how.environment = {"BAD_END=abort"}},
	{"a host library _exits after main returned 0", {VICTIM("ends_in_library")},
		LIVED("FAILED _exit 9"), .how.environment = {"BAD_END=_exit"}},
	{"a host library that behaves", {VICTIM("ends_in_library")}, LIVED("SUCCEEDED return 0")},
	{"a host library's constructor _exits", {VICTIM("begins_in_library")},
		"INIT, FAILED _exit 9", .how.environment = {"BAD_BEGIN=_exit"}},
	{"a host library's constructor exits", {VICTIM("begins_in_library")}, "INIT, FAILED exit 9",
		.how.environment = {"BAD_BEGIN=exit"}},
	{"a host library's constructor crashes", {VICTIM("begins_in_library")},
		"INIT, FAILED SIGSEGV SEGV_MAPERR", .how.environment = {"BAD_BEGIN=crash"}},
	{"the program's constructor exits: never RUNNING", {VICTIM("constructor_exits")},
		"INIT, FAILED exit 9"},
};

int main(void)
{
	return run_cases("ends", cases);
}
