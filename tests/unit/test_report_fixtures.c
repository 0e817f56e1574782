/* SPDX-License-Identifier: Apache-2.0 */
/* True fixtures (tests/unit/fixtures), each with who failed first, how sure that is, and what every
 * rank was. */
#include "core/report/verdict/cause_class.h"
#include "tests/unit/fixture.h"

static const struct fixture fixtures[] = {
	{"torchrun_gloo_segv", OUTCOME_FAILED, 1, 31819, "proven", "peer_loss culprit peer_loss",
		"SIGSEGV (address not mapped) at 0x8 in step (solver.c:88)", 0},
	{"torchrun_value_error", OUTCOME_FAILED, 3, 31821, "proven",
		"terminated terminated terminated culprit", "ValueError: bad batch", 0},
	{"torchrun_late_exit", OUTCOME_FAILED, 3, 31821, "proven",
		"terminated peer_loss terminated culprit", "SIGSEGV", 0},
	{"torchrun_python_segv", OUTCOME_FAILED, 3, 31821, "proven",
		"terminated peer_loss terminated culprit", "in step (solver.c:88)", 0},
	{"torchrun_kill_unseen", OUTCOME_FAILED, 1, 31819, "likely", "peer_loss culprit peer_loss",
		"silent", 0},
	{"torchrun_slow_cleanup", OUTCOME_FAILED, 1, 31819, "likely", "peer_loss culprit peer_loss",
		"bad batch", 0},
	{"java_crash", OUTCOME_FAILED, NOBODY, 31821, "proven", "", "os::abort", 0},
	{"clock_set", OUTCOME_FAILED, 1, 31819, "proven", "peer_loss culprit", "SIGSEGV", 0},
	{"two_hosts_early_term", OUTCOME_FAILED, 0, 31818, "proven", "culprit terminated",
		"SIGSEGV", 0},
	{"two_hosts_three_faults", OUTCOME_FAILED, 1, 31819, "unsure",
		"terminated culprit own_fault culprit", "SIGSEGV", 2},
	{"helper_claims_rank", OUTCOME_FAILED, 1, 31819, "proven", "terminated culprit",
		"ValueError", 0},
	{"srun_idle_agent", OUTCOME_FAILED, 1, 31819, "proven", "terminated culprit", "ValueError",
		0},
	{"make_grep", OUTCOME_FAILED, NOBODY, 103, "likely", "", "exit 1", 0},
	{"kernel_oom", OUTCOME_FAILED, 1, 4011, "proven", "peer_loss culprit terminated",
		"SIGKILL (out of memory)", 0},
	{"kernel_xid", OUTCOME_FAILED, 1, 14011, "proven", "peer_loss culprit", "exit 1", 0},
	{"obeyed", OUTCOME_FAILED, 1, 31819, "proven", "terminated culprit", "ValueError", 0},
	{"mpirun_segv", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"SIGSEGV", 0},
	{"handler_exits", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"SIGSEGV (address not mapped) at 0x8 in step (solver.c:88), then exit 3", 0},
	{"handler_elsewhere", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"exit 3, after SIGSEGV (address not mapped) at 0x8 in thread 4099", 0},
	{"handler_hangs", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit terminated",
		"SIGTERM from mpirun (pid 4000), after SIGFPE (integer division by zero)", 0},
	{"mpich_abort", OUTCOME_FAILED, 1, 4011, "proven",
		"terminated culprit terminated terminated", "Assertion `n > 0' failed", 0},
	{"sigterm_then_kill", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"exit 5", 0},
	{"mpi_no_finalize", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit terminated",
		"exit 0", 0},
	{"mpi_abort", OUTCOME_FAILED, 2, 4012, "proven", "terminated terminated culprit",
		"MPI_Abort", 0},
	{"mpi_killed_unseen", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit terminated",
		"SIGKILL", 0},
	{"mpich_cannot_start", OUTCOME_FAILED, 0, 4010, "likely", "culprit culprit culprit",
		"could not start ./solver: No such file or directory", 3},
	{"mpich_killed_unseen", OUTCOME_FAILED, NOBODY, 0, NULL, "silent silent silent",
		"mpiexec.hydra (pid 4000) ended with exit 9", 0},
	{"mpich_no_finalize", OUTCOME_FAILED, 1, 4011, "likely", "silent culprit silent", "exit 0",
		0},
	{"srun_exit", OUTCOME_FAILED, 2, 5012, "proven", "terminated terminated culprit terminated",
		"exit 3", 0},
	{"srun_without_kill", OUTCOME_FAILED, 1, 5011, "proven", "survivor culprit survivor",
		"SIGSEGV", 0},
	{"srun_over_torchrun", OUTCOME_FAILED, 3, 21819, "proven",
		"peer_loss peer_loss terminated culprit", "ValueError", 0},
	{"alike_at_other_lines", OUTCOME_FAILED, 0, 4010, "likely", "culprit culprit culprit",
		"in step (solver.c:88)", 3},
	{"stall_ended", OUTCOME_FAILED, 2, 4012, "likely",
		"terminated terminated culprit terminated",
		"stood still in nanosleep, called by load (loader.c:88), sleeping, while others "
		"waited in PMPI_Allreduce, called by step (solver.c:120)",
		0},
	{"stall_watchdog", OUTCOME_FAILED, 2, 4012, "likely",
		"peer_loss terminated culprit terminated", "stood still in nanosleep", 0},
	{"stall_over", OUTCOME_FAILED, 0, 4010, "proven",
		"culprit terminated terminated terminated", "SIGABRT", 0},
	{"stall_fault", OUTCOME_FAILED, 0, 4010, "proven",
		"culprit terminated terminated terminated", "SIGSEGV", 0},
	{"launcher_says_0", OUTCOME_FAILED, 0, 4010, "likely", "culprit culprit", "exit 3", 2},
	/* timeout, of a script that may do without the ranks */
	{"timer_of_a_script", OUTCOME_SUCCEEDED, 0, 4010, "likely", "culprit culprit", "exit 3", 2},
	/* mpiexec.hydra's status after a Ctrl-C */
	{"stall_launcher_says_0", OUTCOME_FAILED, 2, 4012, "likely",
		"terminated terminated culprit terminated", "stood still in sleep", 0},
	{"stall_two_sides", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated terminated", "SIGTERM from mpirun", 0},
	{"stall_killed", OUTCOME_FAILED, 2, 4012, "likely",
		"terminated terminated culprit terminated",
		"was stopped in step (solver.c:118), while others waited in PMPI_Allreduce", 0},
	{"hang_two_sides", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated terminated", "SIGTERM from mpirun", 0},
	{"hang_one_call_less", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated terminated", "SIGTERM from mpirun", 0},
	{"seen_before_the_end", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated terminated",
		"SIGTERM from torchrun", 0},
	{"seen_too_early", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated terminated",
		"SIGTERM from torchrun", 0},
	{"hang_that_moves", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated terminated", "SIGTERM from mpirun", 0},
	{"hang_in_libc", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated terminated", "SIGTERM from mpirun", 0},
	{"hang_in_a_loop", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated terminated", "SIGTERM from slurmstepd", 0},
	{"hang_with_dumps", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated terminated", "SIGTERM from torchrun", 0},
	{"timeout_with_dumps", OUTCOME_FAILED, 2, 4012, "likely",
		"peer_loss peer_loss culprit peer_loss", "Timed out waiting", 0},
	{"differing_dumps", OUTCOME_FAILED, 2, 4012, "unsure", "peer_loss peer_loss culprit",
		"Timed out waiting", 0},
	{"crash_with_dumps", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"SIGSEGV", 0},
	{"ctrl_c", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated terminated", "SIGINT",
		0},
	{"pkill_all", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated terminated",
		"pkill (pid 888)", 0},
	{"scancel_stubborn", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated terminated",
		"slurmstepd", 0},
	{"kill_one", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit terminated",
		"SIGTERM from bash (pid 888)", 0},
	{"raised_then_killed", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit peer_loss",
		"ValueError: bad batch", 0},
	{"raised_then_silent", OUTCOME_FAILED, 1, 4011, "likely", "silent culprit silent",
		"ValueError: bad batch", 0},
	{"undefined_symbol", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit terminated",
		"exit 127 (likely an undefined symbol)", 0},
	{"overflow_unreported", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit terminated",
		"SIGSEGV (perhaps a stack overflow)", 0},
	{"endless_recursion", OUTCOME_FAILED, NOBODY, 28596, "proven", "",
		"SIGSEGV (stack overflow)", 0},
	{"signal_from_user", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"SIGSEGV from bash", 0},
	{"oom", OUTCOME_FAILED, 1, 31819, "likely", "peer_loss culprit peer_loss", "SIGKILL", 0},
	{"killed_outside", OUTCOME_FAILED, 1, 31819, "likely", "terminated culprit terminated",
		"SIGKILL", 0},
	{"reaped_first", OUTCOME_FAILED, 1, 31819, "unsure", "culprit culprit terminated",
		"SIGKILL", 2},
	{"shell_wraps_rank", OUTCOME_FAILED, 2, 4032, "proven", "terminated terminated culprit",
		"SIGSEGV", 0},
	{"helper_dies_first", OUTCOME_FAILED, 1, 32000, "proven", "terminated culprit", "SIGBUS",
		0},
	{"two_hosts_close", OUTCOME_FAILED, 1, 31819, "unsure",
		"terminated culprit terminated culprit", "SIGSEGV", 2},
	{"two_hosts_peer", OUTCOME_FAILED, 3, 21819, "proven",
		"peer_loss peer_loss peer_loss culprit", "SIGSEGV", 0},
	{"node_lost", OUTCOME_FAILED, 1, 21818, "likely", "peer_loss culprit", "silent", 0},
	{"straggler", OUTCOME_FAILED, 1, 31819, "likely", "peer_loss culprit peer_loss",
		"SIGTERM from torchrun", 0},
	{"contradicted", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit", "SIGSEGV", 0},
	{"only_peers", OUTCOME_FAILED, 0, 31818, "likely", "culprit terminated",
		"Connection refused", 0},
	{"never_seen", OUTCOME_FAILED, 0, 4010, "likely", "culprit silent terminated", "exit 2", 0},
	{"mpirun_killed", OUTCOME_FAILED, NOBODY, 4000, "likely", "peer_loss peer_loss", "SIGKILL",
		0},
	{"launcher_fails_alone", OUTCOME_FAILED, NOBODY, 31790, "proven", "", "ValueError", 0},
	{"mpich_two_hosts_division", OUTCOME_FAILED, 3, 14013, "proven",
		"terminated terminated terminated culprit", "SIGFPE (integer division by zero)", 0},
	{"torchrun_by_hand", OUTCOME_FAILED, 3, 14013, "proven",
		"peer_loss peer_loss terminated culprit", "ValueError: bad batch", 0},
	{"torchrun_host_gone", OUTCOME_FAILED, 2, 14012, "likely",
		"peer_loss peer_loss culprit culprit", "silent", 2},
	{"mpirun_host_apart", OUTCOME_FAILED, 3, UNHEARD, "likely",
		"terminated terminated terminated culprit", "never heard of", 0},
	{"torchrun_host_apart", OUTCOME_FAILED, 2, UNHEARD, "unsure",
		"peer_loss peer_loss culprit culprit", "never heard of", 2},
	{"torchrun_host_apart_goes_on", OUTCOME_UNKNOWN, 2, UNHEARD, "unsure",
		"peer_loss peer_loss culprit culprit", "never heard of", 2},
	{"hydra_host_lost", OUTCOME_FAILED, 2, 14012, "unsure",
		"terminated terminated culprit culprit", "silent", 2},
	{"hydra_host_lost_by_ssh", OUTCOME_FAILED, 2, 14012, "likely",
		"terminated terminated culprit culprit", "silent", 2},
	{"hydra_host_lost_apart", OUTCOME_FAILED, 3, UNHEARD, "likely",
		"terminated terminated terminated culprit", "never heard of", 0},
	{"hydra_host_answered", OUTCOME_FAILED, 2, 14012, "unsure",
		"terminated terminated culprit culprit", "silent", 2},
	{"hydra_ssh_lost_later", OUTCOME_FAILED, 1, 4011, "likely",
		"terminated culprit silent silent", "SIGKILL", 0},
	{"recorded_hydra_workers", OUTCOME_FAILED, 2, 39, "unsure",
		"terminated terminated culprit culprit", "silent", 2},
	{"recorded_srun_gone", OUTCOME_FAILED, 1, 22977, "likely",
		"terminated culprit terminated terminated", "vanished", 0},
	{"recorded_srun_time_limit", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated terminated", "SIGTERM from slurmstepd", 0},
	{"srun_host_lost", OUTCOME_FAILED, 2, 14012, "likely",
		"terminated terminated culprit culprit", "silent", 2},
	/* pods that have a number, and start ranks that set theirs later */
	{"recorded_pod_numbers", OUTCOME_FAILED, 3, 6020, "proven",
		"terminated survivor terminated culprit", "ValueError: bad batch", 0},
	{"torn", OUTCOME_FAILED, 1, 31819, "proven", "peer_loss culprit peer_loss", "SIGSEGV", 0},
	{"restarts", OUTCOME_SUCCEEDED, NOBODY, 0, NULL, "ok ok", NULL, 0},
	{"restarts_uncounted", OUTCOME_SUCCEEDED, NOBODY, 0, NULL, "ok ok", NULL, 0},
	{"running", OUTCOME_RUNNING, NOBODY, 0, NULL, "survivor survivor", NULL, 0},
	{"make_job", OUTCOME_FAILED, NOBODY, 104, "proven", "", "SIGSEGV", 0},
	{"make_ok", OUTCOME_SUCCEEDED, NOBODY, 0, NULL, "", NULL, 0},
	{"shell_script", OUTCOME_FAILED, NOBODY, 102, "likely", "", "exit 3", 0},
	{"plain_sigint", OUTCOME_FAILED, NOBODY, 0, NULL, "", "SIGINT", 0},
	{"static_root", OUTCOME_FAILED, NOBODY, 100, "likely", "", "SIGSEGV", 0},
	{"two_runs", OUTCOME_FAILED, NOBODY, 200, "proven", "", "SIGSEGV", 0},
	{"supervisor_ends_others", OUTCOME_FAILED, NOBODY, 103, "likely", "", "SIGSEGV", 0},
	{"pool_worker_crashes_then_timeout", OUTCOME_FAILED, NOBODY, 104, "unsure", "", "SIGSEGV",
		0},
	{"pipe_input_crashes", OUTCOME_FAILED, NOBODY, 102, "likely", "", "SIGSEGV", 0},
	{"pipe_reader_has_enough", OUTCOME_FAILED, NOBODY, 103, "likely", "",
		"SIGPIPE (nobody reads what it wrote)", 0},
	{"wrapper_hands_on_1", OUTCOME_FAILED, NOBODY, 102, "likely", "", "exit 1", 0},
	{"compiler_killed", OUTCOME_FAILED, NOBODY, 104, "likely", "", "SIGKILL", 0},
};

static void each_attempt_has_a_culprit_of_its_own(void **state)
{
	struct report *report = emit("restarts");

	(void)state;
	assert_int_equal(report->attempt_count, 3);
	assert_int_equal(report->attempts[0].candidates[0].rank, 1);
	assert_string_equal(report->attempts[0].candidates[0].reason, "exit 3");
	assert_int_equal(report->attempts[0].outcome, OUTCOME_FAILED);
	assert_int_equal(report->attempts[1].candidates[0].rank, 0);
	assert_int_equal(report->attempts[2].outcome, OUTCOME_SUCCEEDED);
	report_free(report);
}

static void a_larger_skew_makes_two_hosts_unsure(void **state)
{
	struct report *report = emit_with("two_hosts_close", NULL, 1000);

	(void)state;
	assert_int_equal(last_attempt(report)->candidate_count, 1);
	assert_int_equal(last_attempt(report)->candidates[0].confidence, CONFIDENCE_PROVEN);
	report_free(report);
	report = emit_with("two_hosts_close", NULL, 4001);
	assert_int_equal(last_attempt(report)->candidate_count, 2);
	report_free(report);
}

static void a_run_is_picked_by_its_id(void **state)
{
	struct report *report = emit_with("two_runs", "old", REPORT_SKEW_US_DEFAULT);

	(void)state;
	assert_string_equal(report->job.run_id, "old");
	assert_int_equal(last_attempt(report)->candidates[0].process->pid, 100);
	assert_int_equal(report->reading.warning_count, 1);
	assert_string_equal(
		report->reading.warnings[0], "this is run old; there is 1 more (--run-id): new");
	report_free(report);
}

static void evidence_names_what_else_is_known(void **state)
{
	static const struct {
		const char *fixture, *evidence;
	} known[] = {
		{"mpirun_segv", "SIGSEGV (SEGV_MAPERR) comes from the processor or the kernel: "
				"nobody sent it"},
		{"handler_exits", "SIGSEGV (SEGV_MAPERR) comes from the processor or the kernel: "
				  "nobody sent it; a handler of its own had it first, and ended it "
				  "with status 3"},
		{"handler_elsewhere", "its thread 4099 had a SIGSEGV (SEGV_MAPERR), and stood in "
				      "the handler of that when it ended"},
		{"supervisor_ends_others", "crash (pid 102) was ended only after it, "},
		{"pool_worker_crashes_then_timeout", "it may have waited for this one"},
		{"pipe_reader_has_enough", "head (pid 102), which ran beside it, had ended with "
					   "success 0.2 ms before: it is likely the reader"},
		{"helper_dies_first",
			"python3.11 (pid 31819) failed 30.0 ms later, and its error names its pid"},
		{"shell_wraps_rank", "bash (pid 4012), which leads the rank, handed on the end of "
				     "solver (pid 4032)"},
		{"contradicted", "it told of another end (success), but its waiter saw this one"},
		{"signal_from_user", "was sent by bash (pid 777)"},
		{"oom", "lack of memory"},
		{"kernel_oom", "the kernel killed it for lack of memory, as its log says"},
		{"kernel_xid", "the kernel said, 0.4 s before: NVRM: Xid (PCI:0000:3b:00): 79, "},
		{"torchrun_gloo_segv",
			"the next to fail was rank 0, 4.0 ms later by the same clock"},
		{"never_seen", "rank 1 left no word of an end"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct report *report = emit(known[i].fixture);

		if (!has_evidence(report, known[i].evidence))
			fail_msg("%s: no evidence has '%s'", known[i].fixture, known[i].evidence);
		report_free(report);
	}
}

static void a_shells_child_gives_the_frames(void **state)
{
	struct report *report = emit("shell_wraps_rank");
	const struct finding *root = &last_attempt(report)->candidates[0];

	(void)state;
	assert_int_equal(termination_event(root->process)->frame_count, 2);
	assert_string_equal(termination_event(root->process)->frames[0].function, "step");
	report_free(report);
}

static void stacks_merge_from_the_outermost_function(void **state)
{
	struct report *report = emit("two_hosts_close");
	const struct stack_node *node = last_attempt(report)->stacks;

	(void)state;
	assert_int_equal(node->count, 2);
	node = node->children;
	assert_string_equal(node->function, "main");
	assert_null(node->next);
	assert_int_equal(node->ranks[0], 1);
	assert_int_equal(node->ranks[1], 3);
	assert_non_null(node->children->next);
	assert_int_equal(node->children->count, 1);
	report_free(report);
}

/* Where two ranks part is Python's business: at two lines of one function. */
static void stacks_merge_by_pythons_functions_first(void **state)
{
	struct report *report = emit("torchrun_python_segv");
	const struct stack_node *node = last_attempt(report)->stacks->children;

	(void)state;
	assert_string_equal(node->function, "<module> (train.py)");
	assert_int_equal(node->count, 2);
	node = node->children;
	assert_string_equal(node->function, "main (train.py)");
	assert_int_equal(node->count, 1);
	assert_int_equal(node->first_line, 31);
	assert_string_equal(node->next->function, "main (train.py)");
	assert_int_equal(node->next->first_line, 33);
	assert_int_equal(node->next->ranks[0], 0);
	node = node->children;
	assert_string_equal(node->function, "walk (tree.py)");
	assert_int_equal(node->count, 1);
	report_free(report);
}

static void calls_name_who_the_others_wait_for(void **state)
{
	struct report *report = emit("hang_one_call_less");

	(void)state;
	assert_string_equal(last_attempt(report)->calls,
		"rank 2 made 4,320 calls of MPI_Allreduce on MPI_COMM_WORLD, the others wait in "
		"call 4,321");
	report_free(report);
	report = emit("hang_that_moves");
	assert_null(last_attempt(report)->calls);
	report_free(report);
}

/* Of two fixtures with the same answer, one has it from the looks, the other from the ends. */
static void looks_count_where_ranks_still_stand_there(void **state)
{
	static const char *const names[] = {"seen_before_the_end", "seen_too_early"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct report *report = emit(names[i]);
		const struct attempt *attempt = last_attempt(report);

		assert_int_equal(attempt->position_count, 2);
		assert_string_equal(attempt->positions[0].where, "all_reduce (dist.py:50)");
		assert_string_equal(attempt->positions[1].where, "load (hang.py:12)");
		assert_int_equal(attempt->positions[1].ranks[0], 1);
		report_free(report);
	}
}

static void slurmstepd_says_why_it_ended_a_step(void **state)
{
	struct report *report = emit("recorded_srun_time_limit");
	struct cause cause;

	(void)state;
	assert_true(cause_class_of_attempt(&report->job, last_attempt(report), &cause));
	assert_string_equal(cause_class_name(cause.class), "time_limit");
	assert_int_equal(cause.confidence, CONFIDENCE_PROVEN);
	assert_non_null(strstr(last_attempt(report)->explanation, "DUE TO TIME LIMIT ***"));
	report_free(report);
}

static void what_is_missing_is_said_once_a_rank_has_failed(void **state)
{
	static const char *const names[] = {"torchrun_host_apart", "torchrun_host_apart_goes_on"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct report *report = emit(names[i]);
		const char *explanation = last_attempt(report)->explanation;

		assert_non_null(explanation);
		assert_non_null(strstr(explanation, "ranks 2,3 were never heard of"));
		report_free(report);
	}
}

static void processes_are_counted(void **state)
{
	struct report *report = emit("make_job");

	(void)state;
	assert_int_equal(report->job.count, 7);
	assert_int_equal(report->failed, 6);
	assert_int_equal(report->unfinished, 0);
	report_free(report);
}

#define FIXTURE_COUNT (sizeof fixtures / sizeof *fixtures)

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(each_attempt_has_a_culprit_of_its_own),
		cmocka_unit_test(a_larger_skew_makes_two_hosts_unsure),
		cmocka_unit_test(a_run_is_picked_by_its_id),
		cmocka_unit_test(evidence_names_what_else_is_known),
		cmocka_unit_test(a_shells_child_gives_the_frames),
		cmocka_unit_test(stacks_merge_from_the_outermost_function),
		cmocka_unit_test(stacks_merge_by_pythons_functions_first),
		cmocka_unit_test(calls_name_who_the_others_wait_for),
		cmocka_unit_test(looks_count_where_ranks_still_stand_there),
		cmocka_unit_test(slurmstepd_says_why_it_ended_a_step),
		cmocka_unit_test(what_is_missing_is_said_once_a_rank_has_failed),
		cmocka_unit_test(processes_are_counted),
	};
	struct CMUnitTest tests[FIXTURE_COUNT + sizeof others / sizeof *others];

	for (size_t i = 0; i < FIXTURE_COUNT; i++)
		tests[i] = (struct CMUnitTest){fixtures[i].name, every_fixture_has_its_culprit,
			NULL, NULL, (void *)(uintptr_t)&fixtures[i]};
	memcpy(tests + FIXTURE_COUNT, others, sizeof others);
	return cmocka_run_group_tests_name("fixtures", tests, NULL, NULL);
}
