/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that confine themselves: what we cannot do any more we must not try, and what did not
 * come to stand must have changed nothing.
 */
#include <stdio.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/in_child.h"

#define CONFINES VICTIM("confines")
#define RETURNED LIVED("FAILED return 3")
#define CRASHED LIVED("FAILED SIGSEGV SEGV_MAPERR")
#define ABORTED LIVED("FAILED SIGABRT *")
#define TERMINATED LIVED("FAILED SIGTERM terminated")

static const struct run_case cases[] = {
	{"a filter that cannot be read", {CONFINES, "unreadable", "return"}, RETURNED},
	{"a filter that cannot be read, and a crash", {CONFINES, "unreadable", "crash"}, CRASHED},
	{"a filter that cannot be read, and SIGTERM", {CONFINES, "unreadable", "term"}, TERMINATED},
	{"a filter that is refused", {CONFINES, "refused", "privileged", "return"}, RETURNED},
	{"a filter that is refused, and a crash", {CONFINES, "refused", "privileged", "crash"},
		CRASHED},
	{"a filter that is refused, and SIGTERM", {CONFINES, "refused", "privileged", "term"},
		TERMINATED},
	{"a filter without the privilege", {CONFINES, "refused", "nobody", "abort"}, "*",
		.outcome_only = true, .how.in_child = become_nobody},
	{"libseccomp's questions", {CONFINES, "probe", "return"}, RETURNED},
	{"libseccomp's questions, and a crash", {CONFINES, "probe", "crash"}, CRASHED},
	{"libseccomp's questions, and abort", {CONFINES, "probe", "abort"}, ABORTED},
	{"libseccomp itself", {CONFINES, "libseccomp", "return"}, RETURNED},
	{"libseccomp itself, and SIGTERM", {CONFINES, "libseccomp", "term"}, TERMINATED},
	{"a filter that another thread cannot take", {CONFINES, "tsync", "return"}, RETURNED},
	{"a filter that another thread cannot take, and SIGTERM", {CONFINES, "tsync", "term"},
		TERMINATED},
	{"a filter with a listener stands", {CONFINES, "listener", "term"}, "INIT, RUNNING",
		.unended = 1},
	{"a filter with a listener stands, and a crash", {CONFINES, "listener", "crash"},
		"INIT, RUNNING", .unended = 1},
	{"a filter by prctl", {CONFINES, "stands", "prctl", "return"}, "INIT, RUNNING",
		.unended = 1},
	{"a filter by prctl, and a crash", {CONFINES, "stands", "prctl", "crash"}, "INIT, RUNNING",
		.unended = 1},
	{"a filter by syscall(SYS_prctl)", {CONFINES, "stands", "syscall", "return"},
		"INIT, RUNNING", .unended = 1},
	{"a filter by syscall(SYS_prctl), and SIGTERM", {CONFINES, "stands", "syscall", "term"},
		"INIT, RUNNING", .unended = 1},
	{"a filter by seccomp, and SIGTERM", {CONFINES, "stands", "seccomp", "term"},
		"INIT, RUNNING", .unended = 1},
	{"strict mode by prctl", {CONFINES, "strict_mode", "prctl", "exit"}, "INIT, RUNNING",
		.unended = 1},
	{"strict mode by seccomp", {CONFINES, "strict_mode", "seccomp", "exit"}, "INIT, RUNNING",
		.unended = 1},
	{"strict mode, and a crash", {CONFINES, "strict_mode", "prctl", "crash"}, "INIT, RUNNING",
		.unended = 1},
	{"what the host sees of its signals after a refusal", {CONFINES, "view", "term"},
		TERMINATED},
	{"a vfork child confines itself", {CONFINES, "in_vfork", "return"}, RETURNED, {"*"}},
	{"a vfork child confines itself, then its parent crashes", {CONFINES, "in_vfork", "crash"},
		CRASHED, {"*"}},
	{"no time stamp counter", {CONFINES, "no_clock", "return"}, RETURNED},
	{"no time stamp counter, and a crash", {CONFINES, "no_clock", "crash"}, CRASHED},
	{"no time stamp counter, and abort", {CONFINES, "no_clock", "abort"}, ABORTED},
	{"no time stamp counter, and SIGTERM", {CONFINES, "no_clock", "term"}, TERMINATED},
	{"system calls are dispatched", {CONFINES, "dispatch", "return"}, "INIT, RUNNING",
		.unended = 1},
	{"system calls are dispatched, and a crash", {CONFINES, "dispatch", "crash"},
		"INIT, RUNNING", .unended = 1},
	{"system calls are dispatched, and abort", {CONFINES, "dispatch", "abort"}, "INIT, RUNNING",
		.unended = 1},
	{"system calls are dispatched, and SIGTERM", {CONFINES, "dispatch", "term"},
		"INIT, RUNNING", .unended = 1},
	{"system calls are not dispatched after all", {CONFINES, "dispatch", "refused", "term"},
		TERMINATED},
	{"arguments that have no end any more", {CONFINES, "title", "x"}, RETURNED,
		{"INIT, FAILED exit 4"}},
};

static void a_signal_between_question_and_answer_is_reported(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		char microseconds[16];
		const char *const command[] = {CONFINES, "interrupted", microseconds, NULL};
		struct run watched;

		snprintf(microseconds, sizeof microseconds, "%d", i * 37);
		run_watched(&watched, NULL, command);
		assert_events(&watched, LIVED("FAILED SIGALRM terminated"));
		assert_true_end(&watched);
		run_free(&watched);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_between_question_and_answer_is_reported)};

	return run_cases("confined", cases) +
	       cmocka_run_group_tests_name("between", tests, NULL, NULL);
}
