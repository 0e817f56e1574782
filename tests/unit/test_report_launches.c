/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs that launch more than once; what stands between a launcher and the program that failed:
 * shells, timeout, programs that end with a child's status, servers of forks; who ended whom, and
 * who left whom.
 */
#include "tests/unit/fixture.h"

#include <stdlib.h>

static const struct fixture fixtures[] = {
	{"two_launches_first_fails", OUTCOME_SUCCEEDED, NOBODY, 0, NULL, "ok ok", NULL, 0},
	{"two_launches_second_fails", OUTCOME_FAILED, 1, 4111, "proven", "terminated culprit",
		"bad batch", 0},
	{"two_launches_both_fail", OUTCOME_FAILED, 1, 4111, "proven", "terminated culprit",
		"bad batch", 0},
	{"launch_then_cleanup", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit",
		"bad batch", 0},
	{"two_steps_first_fails", OUTCOME_FAILED, 1, 5011, "proven", "terminated culprit",
		"bad batch", 0},
	{"two_steps_second_fails", OUTCOME_FAILED, 1, 5111, "proven", "terminated culprit",
		"bad batch", 0},
	{"leftover_claims_rank", OUTCOME_FAILED, 1, 5011, "proven", "terminated culprit",
		"bad batch", 0},
	{"shell_wraps_raw_exit", OUTCOME_FAILED, 1, 31830, "likely", "terminated culprit", "exit 2",
		0},
	{"shell_finds_no_program", OUTCOME_FAILED, 1, 31830, "proven", "terminated culprit",
		"exit 127 (no such program)", 0},
	{"shell_child_lacks_library", OUTCOME_FAILED, 1, 31830, "likely", "terminated culprit",
		"exit 127 (likely a library or a program is missing)", 0},
	{"python_hands_on_signal", OUTCOME_FAILED, 1, 31830, "proven", "terminated culprit",
		"SIGSEGV", 0},
	{"python_hands_on_status", OUTCOME_FAILED, 1, 31830, "proven", "terminated culprit",
		"exit 7", 0},
	{"python_same_status_later", OUTCOME_FAILED, 1, 31819, "proven", "terminated culprit",
		"exit 7", 0},
	{"timeout_in_ranks", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated",
		"ended from outside (SIGTERM from timeout (pid 4010))", 0},
	{"sigterm_then_exit_1", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit",
		"bad batch", 0},
	{"make_runs_rank", OUTCOME_FAILED, 1, 31830, "proven", "terminated culprit", "exit 3", 0},
	{"spawn_quotes_child", OUTCOME_FAILED, 1, 31819, "proven", "terminated culprit", "exit 1",
		0},
	{"exit_143_unasked", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit terminated",
		"exit 143", 0},
	{"rank_kills_rank", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit terminated",
		"SIGTERM from rank 0's python3.11 (pid 4010)", 0},
	{"rank_kills_launcher", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated terminated",
		"mpirun (pid 4000) was told to end, by SIGTERM from rank 1's python3.11 (pid 4011)",
		0},
	{"left_its_peers", OUTCOME_FAILED, 1, 31819, "likely", "peer_loss culprit peer_loss",
		"exit 0, while the others still counted on it", 0},
	{"left_its_peer", OUTCOME_FAILED, 1, 31819, "unsure", "culprit culprit", "exit 0", 2},
	{"fork_server", OUTCOME_FAILED, 1, 31831, "proven", "terminated culprit", "SIGSEGV", 0},
};

static void each_launch_has_its_verdict(void **state)
{
	static const struct {
		const char *fixture;
		size_t launches[2];
		enum outcome outcomes[2];
	} known[] = {
		{"two_launches_first_fails", {0, 1}, {OUTCOME_FAILED, OUTCOME_SUCCEEDED}},
		{"two_launches_second_fails", {0, 1}, {OUTCOME_SUCCEEDED, OUTCOME_FAILED}},
		{"two_launches_both_fail", {0, 1}, {OUTCOME_FAILED, OUTCOME_FAILED}},
		{"launch_then_cleanup", {1, 0}, {OUTCOME_SUCCEEDED, OUTCOME_FAILED}},
		{"two_steps_first_fails", {1, 0}, {OUTCOME_SUCCEEDED, OUTCOME_FAILED}},
		{"two_steps_second_fails", {0, 1}, {OUTCOME_SUCCEEDED, OUTCOME_FAILED}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct report *report = emit(known[i].fixture);

		assert_int_equal(report->attempt_count, 2);
		assert_int_equal(report->launch_count, 2);
		for (size_t k = 0; k < 2; k++) {
			const struct attempt *attempt = &report->attempts[k];

			assert_int_equal(attempt->launch, known[i].launches[k]);
			assert_int_equal(attempt->outcome, known[i].outcomes[k]);
			assert_int_equal(attempt->has_root, attempt->outcome == OUTCOME_FAILED);
			assert_int_equal(attempt->count, 2);
		}
		assert_true(report_is_notable(report));
		report_free(report);
	}
}

static void what_a_rank_left_behind_is_no_launch(void **state)
{
	struct report *report = emit("leftover_claims_rank");

	(void)state;
	assert_int_equal(report->launch_count, 1);
	assert_int_equal(report->attempt_count, 1);
	report_free(report);
}

static void what_stands_between_is_evidence(void **state)
{
	static const struct {
		const char *fixture, *evidence;
	} known[] = {
		{"shell_wraps_raw_exit", "bash (pid 31819), which leads the rank, handed on the "
					 "end of bash's child (pid 31830)"},
		{"shell_finds_no_program",
			"it ended itself with status 127, by which bash says: no such program"},
		{"shell_child_lacks_library",
			"the loader ends a program so whose library is missing"},
		{"make_runs_rank", "make (pid 31819), which leads the rank, handed on the end of "
				   "python3.11 (pid 31830)"},
		{"spawn_quotes_child", "python3.11 (pid 31790), which began it, raised "
				       "ProcessRaisedException for it: ValueError: bad batch"},
		{"python_hands_on_status", "and handed on its status"},
		{"exit_143_unasked", "status 143, which stands for SIGTERM: somebody who is no "
				     "launcher of this job sent that, or it chose to"},
		{"rank_kills_rank", "rank 0's python3.11 (pid 4010) told that it sent SIGTERM"},
		{"fork_server", "python3.11 (pid 31819) failed 10.0 ms later, and its error speaks "
				"of the end of a process"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct report *report = emit(known[i].fixture);

		if (!has_evidence(report, known[i].evidence))
			fail_msg("%s: no evidence has '%s'", known[i].fixture, known[i].evidence);
		report_free(report);
	}
}

static void a_helper_that_was_ended_is_no_evidence(void **state)
{
	struct report *report = emit("fork_server");

	(void)state;
	assert_false(has_evidence(report, "31832"));
	report_free(report);
}

static void an_exit_after_sigterm_is_what_the_handler_made_of_it(void **state)
{
	struct report *report = emit("sigterm_then_exit_1");

	(void)state;
	assert_string_equal(last_attempt(report)->results[0].reason,
		"exit 1, after SIGTERM from mpirun (pid 4000)");
	report_free(report);
}

static char *text_of(const char *fixture)
{
	struct report *report = emit(fixture);
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_int_equal(report_print(report, REPORT_TEXT, to), 0);
	fclose(to);
	report_free(report);
	return text;
}

static void a_success_tells_of_the_launch_that_failed(void **state)
{
	char *text = text_of("two_launches_first_fails");

	(void)state;
	assert_string_equal(text,
		"vigil: job 7f3a succeeded after 4.4 s\n"
		"  launch 1: rank 1 failed first (proven): ValueError: bad batch\n");
	free(text);
	text = text_of("launch_then_cleanup");
	assert_non_null(strstr(text, "failed after 4.4 s: in launch 1, rank 1 failed first "
				     "(proven)\n  launch 2: succeeded\n"));
	free(text);
	text = text_of("recorded_mpich_exit_0");
	assert_non_null(strstr(text, "\n  and yet rank 1 failed first (likely): exit 0"));
	free(text);
}

#define FIXTURE_COUNT (sizeof fixtures / sizeof *fixtures)

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(each_launch_has_its_verdict),
		cmocka_unit_test(what_a_rank_left_behind_is_no_launch),
		cmocka_unit_test(what_stands_between_is_evidence),
		cmocka_unit_test(a_helper_that_was_ended_is_no_evidence),
		cmocka_unit_test(an_exit_after_sigterm_is_what_the_handler_made_of_it),
		cmocka_unit_test(a_success_tells_of_the_launch_that_failed),
	};
	struct CMUnitTest tests[FIXTURE_COUNT + sizeof others / sizeof *others];

	for (size_t i = 0; i < FIXTURE_COUNT; i++)
		tests[i] = (struct CMUnitTest){fixtures[i].name, every_fixture_has_its_culprit,
			NULL, NULL, (void *)(uintptr_t)&fixtures[i]};
	memcpy(tests + FIXTURE_COUNT, others, sizeof others);
	return cmocka_run_group_tests_name("launches", tests, NULL, NULL);
}
