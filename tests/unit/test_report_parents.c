/* SPDX-License-Identifier: Apache-2.0 */
/* Parents that fail because of their children, and crashes that the job bore with: recorded jobs,
 * and the words of errors. */
#include "tests/unit/fixture.h"

#include "core/report/job/mention.h"

static const struct fixture fixtures[] = {
	{"parent_names_child", OUTCOME_FAILED, NOBODY, 31258, "proven", "", "SIGSEGV", 0},
	{"parent_maps_status", OUTCOME_FAILED, NOBODY, 32167, "likely", "", "SIGSEGV", 0},
	{"parent_counts_failures", OUTCOME_FAILED, NOBODY, 32149, "likely", "", "SIGSEGV", 0},
	{"child_exits_7", OUTCOME_FAILED, NOBODY, 31451, "likely", "", "exit 7", 0},
	{"fork_server_child_exits", OUTCOME_FAILED, NOBODY, 31409, "likely", "", "exit 7", 0},
	{"spawn_names_signal", OUTCOME_FAILED, NOBODY, 31834, "proven", "", "SIGSEGV", 0},
	{"pool_is_broken", OUTCOME_FAILED, NOBODY, 31314, "proven", "", "SIGSEGV", 0},
	{"pool_waits_in_vain", OUTCOME_FAILED, NOBODY, 31468, "likely", "", "SIGSEGV", 0},
	{"daemon_crashes", OUTCOME_FAILED, NOBODY, 32181, "likely", "", "SIGSEGV", 0},
	{"crash_tolerated", OUTCOME_FAILED, NOBODY, 32266, "likely", "", "ValueError", 0},
	{"exception_tolerated", OUTCOME_FAILED, NOBODY, 32319, "proven", "", "exit 1", 0},
	{"common_status", OUTCOME_FAILED, NOBODY, 20085, "unsure", "", "exit 1", 2},
	{"success_after_crashes", OUTCOME_SUCCEEDED, NOBODY, 0, NULL, "", NULL, 0},
	{"rank_names_child", OUTCOME_FAILED, 1, 32640, "proven", "terminated culprit terminated",
		"SIGSEGV", 0},
	{"rank_maps_status", OUTCOME_FAILED, 1, 32744, "likely", "terminated culprit terminated",
		"SIGSEGV", 0},
	{"rank_daemon_crashes", OUTCOME_FAILED, 1, 32676, "likely", "terminated culprit terminated",
		"SIGSEGV", 0},
};

static void the_parent_is_the_consequence(void **state)
{
	static const struct {
		const char *fixture, *consequence;
		enum link link;
	} known[] = {
		{"parent_names_child", "later: CalledProcessError: Command", LINK_MENTION},
		{"parent_maps_status", "later, perhaps by itself: exit 42", LINK_TIME},
		{"spawn_names_signal", "later: ProcessExitedException", LINK_MENTION},
		{"pool_is_broken", "later: BrokenProcessPool", LINK_MENTION},
		{"pool_waits_in_vain", "later, perhaps by itself: TimeoutError", LINK_TIME},
		{"rank_names_child", "later: CalledProcessError: Command", LINK_MENTION},
		{"rank_daemon_crashes", "later, perhaps by itself: RuntimeError", LINK_TIME},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct report *report = emit(known[i].fixture);
		const struct finding *root = &last_attempt(report)->candidates[0];

		assert_int_equal(root->consequence_count, 1);
		if (strstr(root->consequences[0], known[i].consequence) == NULL)
			fail_msg("%s: %s", known[i].fixture, root->consequences[0]);
		assert_int_equal(root->chain.steps[0].link, known[i].link);
		report_free(report);
	}
}

static void a_crash_on_the_way_is_kept(void **state)
{
	static const struct {
		const char *fixture;
		size_t crashes;
		pid_t first;
	} known[] = {
		{"success_after_crashes", 2, 32325},
		{"crash_tolerated", 1, 32267},
		{"exception_tolerated", 0, 0},
		{"parent_names_child", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct report *report = emit(known[i].fixture);

		assert_int_equal(report->crash_count, known[i].crashes);
		if (known[i].crashes > 0)
			assert_int_equal(report->crashes[0].process->pid, known[i].first);
		assert_true(report_is_notable(report));
		report_free(report);
	}
}

static void the_command_line_is_kept(void **state)
{
	struct report *report = emit("parent_maps_status");
	const struct finding *root = &last_attempt(report)->candidates[0];

	(void)state;
	assert_string_equal(root->process->command, "./crash --input b.txt");
	report_free(report);
}

static enum mention mention_in(const char *message, int signal, int code)
{
	struct termination error = {.event = {.exception = {.message = message}}};
	struct termination end = {.event = {.signal = {.number = signal}, .exit_code = code}};
	struct event_record record = {.end = &end};
	struct process child = {.pid = 4711, .program = "solver", .termination = &record};

	return mention_of(&error, &child);
}

static void an_error_may_speak_of_a_child(void **state)
{
	static const struct {
		const char *message;
		int signal, code;
		enum mention mention;
	} known[] = {
		{"DataLoader worker (pid 4711) is killed", 7, 0, MENTION_PID},
		{"worker 4711", 0, 3, MENTION_PID},
		{"version 4711.2", 0, 3, MENTION_NONE},
		{"died with <Signals.SIGSEGV: 11>.", 11, 0, MENTION_STATUS},
		{"Segmentation fault (core dumped)", 11, 0, MENTION_STATUS},
		{"worker failed with -11", 11, 0, MENTION_STATUS},
		{"exited with signal 11", 11, 0, MENTION_STATUS},
		{"exit status 139", 11, 0, MENTION_STATUS},
		{"exit status 35584", 11, 0, MENTION_STATUS},
		{"system() returned 768", 0, 3, MENTION_STATUS},
		{"11 files", 11, 0, MENTION_NONE},
		{"returned non-zero exit status 3.", 0, 3, MENTION_STATUS},
		{"returncode=3", 0, 3, MENTION_STATUS},
		{"terminated with exit code 7", 0, 7, MENTION_STATUS},
		{"worker failed with 7", 0, 7, MENTION_STATUS},
		{"column 7 is missing", 0, 7, MENTION_NONE},
		{"exit status 1.7", 0, 1, MENTION_NONE},
		{"./solver did not write its output", 0, 1, MENTION_NAME},
		{"the solvers", 0, 1, MENTION_NONE},
		{"A process in the process pool was terminated abruptly", 11, 0, MENTION_SOME},
		{"bad batch", 11, 0, MENTION_NONE},
		{"", 11, 0, MENTION_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (mention_in(known[i].message, known[i].signal, known[i].code) !=
			known[i].mention)
			fail_msg("'%s': %d", known[i].message,
				(int)mention_in(known[i].message, known[i].signal, known[i].code));
}

#define COUNT (sizeof fixtures / sizeof *fixtures)

int main(void)
{
	struct CMUnitTest tests[COUNT + 4] = {
		cmocka_unit_test(the_parent_is_the_consequence),
		cmocka_unit_test(a_crash_on_the_way_is_kept),
		cmocka_unit_test(the_command_line_is_kept),
		cmocka_unit_test(an_error_may_speak_of_a_child),
	};

	for (size_t i = 0; i < COUNT; i++)
		tests[4 + i] = (struct CMUnitTest){fixtures[i].name, every_fixture_has_its_culprit,
			NULL, NULL, (void *)&fixtures[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
