/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks that fail in the same way, each by itself. */
#include "core/report/verdict/similar.h"

#include "tests/unit/fixture.h"

static void texts_are_alike_but_for_numbers(void **state)
{
	(void)state;
	assert_true(similar_texts("Connection closed by peer [127.0.0.1]:2345",
		"Connection closed by peer [127.0.0.1]:40001"));
	assert_true(similar_texts("", ""));
	assert_false(similar_texts("rank 3", "rank x"));
	assert_false(similar_texts("no 3", "no 3 left"));
}

/* With what LIST says of the candidate and the rest. */
static size_t alike_in(const char *fixture, size_t *ret_own, char *names, size_t size)
{
	struct report *report = emit(fixture);
	const struct attempt *attempt = last_attempt(report);
	struct rank_list list = {.text = ""};
	size_t count = similar_ranks(attempt, &attempt->candidates[0], &list, ret_own);

	snprintf(names, size, "%s", list.text);
	report_free(report);
	return count;
}

static void ranks_of_one_failure_are_counted(void **state)
{
	char names[RANK_LIST_SIZE];
	size_t own;

	(void)state;
	assert_int_equal(alike_in("all_alike", &own, names, sizeof names), 2);
	assert_int_equal(own, 2);
	assert_string_equal(names, "1,2");
	assert_int_equal(alike_in("two_alike", &own, names, sizeof names), 1);
	assert_int_equal(own, 2);
	assert_string_equal(names, "1");
	assert_int_equal(alike_in("torchrun_value_error", &own, names, sizeof names), 0);
	assert_int_equal(alike_in("exit_cleans_up", &own, names, sizeof names), 0);
}

static void what_all_share_is_at_fault(void **state)
{
	struct report *report = emit("all_alike");

	(void)state;
	assert_true(has_evidence(
		report, "ranks 1,2 failed in the same way, by themselves: likely what all share"));
	report_free(report);
	report = emit("two_alike");
	assert_true(has_evidence(report, "rank 1 failed in the same way, by itself"));
	assert_false(has_evidence(report, "likely what all share"));
	report_free(report);
}

/* What is said of them together has the line of one. */
static void lines_that_differ_are_named(void **state)
{
	struct report *report = emit("alike_at_other_lines");

	(void)state;
	assert_true(has_evidence(report, "ranks 1,2 failed in the same way, by themselves"));
	assert_true(has_evidence(report,
		"their lines differ: rank 0 in step (solver.c:88), ranks 1,2 in step "
		"(solver.c:99)"));
	report_free(report);
	report = emit("all_alike");
	assert_false(has_evidence(report, "their lines differ"));
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_alike_but_for_numbers),
		cmocka_unit_test(ranks_of_one_failure_are_counted),
		cmocka_unit_test(what_all_share_is_at_fault),
		cmocka_unit_test(lines_that_differ_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
