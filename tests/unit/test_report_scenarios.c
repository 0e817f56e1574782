/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways in which distributed jobs fail, as the preload in their launchers and `vigil run` report
 * them: with who called kill(), who waited, and what the kernel counted. One fixture at least for
 * each of the 25 scenarios that the project set out with; test_report_fixtures.c has those that are
 * reported without.
 */
#include "tests/unit/fixture.h"

static const struct fixture scenarios[] = {
	/* 1 a fault under mpirun; 2 and 3 need no more than torchrun_late_exit and two_hosts_peer
	 */
	{"mpirun_segv_kills", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"SIGSEGV", 0},
	/* 4 an abort under MPICH, which kills all others at once */
	{"mpich_abort_kills", OUTCOME_FAILED, 1, 4011, "proven",
		"terminated culprit terminated terminated", "Assertion `n > 0' failed", 0},
	/* and of one of them nobody saw the end */
	{"mpich_abort_unheard", OUTCOME_FAILED, 1, 4011, "likely",
		"terminated culprit terminated terminated", "Assertion `n > 0' failed", 0},
	/* 5 out of memory */
	{"oom_witnessed", OUTCOME_FAILED, 1, 31819, "proven", "peer_loss culprit peer_loss",
		"SIGKILL (out of memory)", 0},
	/* 6 SIGKILL from outside, and from a script of the job's own */
	{"killed_outside_told", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"SIGKILL, not from its launcher", 0},
	{"killed_by_script", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit terminated",
		"SIGKILL from cleanup.sh (pid 3990)", 0},
	/* 7 a SIGSEGV that somebody sent */
	{"segv_from_shell_kills", OUTCOME_FAILED, 1, 4011, "proven",
		"terminated culprit terminated", "SIGSEGV from bash (pid 777)", 0},
	/* 8 an exception */
	{"torchrun_raise_kills", OUTCOME_FAILED, 3, 31821, "proven",
		"terminated terminated terminated culprit", "ValueError: bad batch", 0},
	/* 9 an exit status, where victims end by a higher one */
	{"os__exit_9", OUTCOME_FAILED, 2, 31820, "proven", "terminated terminated culprit",
		"exit 9", 0},
	{"srun_kill_on_bad_exit", OUTCOME_FAILED, 2, 5012, "proven",
		"terminated terminated culprit terminated", "exit 3", 0},
	/* an exit that takes its time: its peers fail first, and the launcher ends it */
	{"exit_cleans_up", OUTCOME_FAILED, 1, 4011, "proven", "peer_loss culprit peer_loss",
		"exit 3, then SIGTERM from torchrun", 0},
	/* 10 exit 0 without MPI_Finalize */
	{"no_finalize_kills", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit terminated",
		"likely without MPI_Finalize", 0},
	/* 11 MPI_Abort, 12 the exit of MPI's error handler: 15 is no SIGTERM */
	{"mpi_abort_kills", OUTCOME_FAILED, 2, 4012, "proven", "terminated terminated culprit",
		"MPI_Abort", 0},
	{"mpi_err_truncate", OUTCOME_FAILED, 2, 4012, "proven", "terminated terminated culprit",
		"exit 15", 0},
	/* 13 a hang that somebody ends */
	{"hang_scancel", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated terminated", "SIGTERM from slurmstepd", 0},
	/* one lost its peers, whom the SIGTERM had reached before it */
	{"scancel_peer_late", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated terminated", "SIGTERM from slurmstepd", 0},
	{"hang_ctrl_c", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated terminated", "SIGINT", 0},
	/* 14 one that the others wait for in vain */
	{"straggler_kills", OUTCOME_FAILED, 1, 31819, "likely", "peer_loss culprit peer_loss",
		"SIGTERM from torchrun", 0},
	/* 15 a program that is not there, and a library that is not */
	{"exec_failed", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"could not start /bin/nosuch: No such file", 0},
	/* and whose child wrote of that to a launcher that reads no more, as Open MPI 5's does */
	{"exec_failed_sigpipe", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"could not start /bin/nosuch: No such file", 0},
	{"missing_library", OUTCOME_FAILED, 1, 4011, "likely", "terminated culprit terminated",
		"exit 127 (likely a library or a program is missing)", 0},
	/* 16 an import that fails, on one host; one that never came to RUNNING */
	{"import_fails_on_one_host", OUTCOME_FAILED, 2, 21818, "proven",
		"peer_loss peer_loss culprit own_fault", "No module named 'apex'", 0},
	{"never_running", OUTCOME_FAILED, 0, 4010, "proven", "culprit terminated terminated",
		"SyntaxError", 0},
	/* the same import, on all of them, and on two */
	{"all_alike", OUTCOME_FAILED, 0, 4010, "likely", "culprit culprit culprit",
		"No module named 'apex'", 3},
	/* at once, by exit() and by MPI_Abort(), and all but one */
	{"all_exit_alike", OUTCOME_FAILED, 3, 4013, "likely", "culprit culprit culprit culprit",
		"exit 1 in lost_atoms (thermo.c:88)", 4},
	{"all_abort_alike", OUTCOME_FAILED, 1, 4011, "likely", "culprit culprit culprit",
		"MPI_Abort(1) in errore (error.f90:88)", 3},
	{"all_but_one_alike", OUTCOME_FAILED, 0, 4010, "likely",
		"culprit own_fault terminated own_fault", "gave up", 0},
	/* lost peers, in words of any library's */
	{"time_out_in_words", OUTCOME_FAILED, 2, 4012, "likely",
		"peer_loss terminated culprit terminated", "SIGTERM from torchrun", 0},
	{"heartbeats_in_words", OUTCOME_FAILED, 1, 4011, "likely", "peer_loss culprit peer_loss",
		"SIGTERM", 0},
	{"straggler_without_stack", OUTCOME_FAILED, 0, 4010, "unsure",
		"culprit terminated terminated", "no reply", 0},
	{"actor_died_unseen", OUTCOME_FAILED, 2, 4012, "likely", "peer_loss peer_loss culprit",
		"silent", 0},
	{"left_while_others_waited", OUTCOME_FAILED, 2, 4012, "likely",
		"peer_loss peer_loss culprit", "exit 0", 0},
	{"timeout_of_its_own", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"timeout of the connection", 0},
	{"two_alike", OUTCOME_FAILED, 0, 4010, "proven", "culprit peer_loss peer_loss",
		"No module named 'apex'", 0},
	/* 17 a time limit, and timeout(1) */
	{"time_limit", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated terminated",
		"SIGTERM from slurmstepd", 0},
	{"timeout_mpirun", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated terminated",
		"mpirun (pid 4000) was told to end, by SIGTERM from timeout", 0},
	/* 18 srun without -K */
	{"srun_workers_without_kill", OUTCOME_FAILED, 1, 5011, "proven",
		"survivor culprit survivor", "SIGSEGV", 0},
	/* 19 the launcher is killed: some ranks live on, others die of it */
	{"torchrun_agent_killed", OUTCOME_FAILED, NOBODY, 31790, "likely", "survivor survivor",
		"SIGKILL", 0},
	{"mpirun_killed_witnessed", OUTCOME_FAILED, NOBODY, 4000, "likely", "peer_loss peer_loss",
		"SIGKILL", 0},
	/* 20 restarts */
	{"restarts_kills", OUTCOME_SUCCEEDED, NOBODY, 0, NULL, "ok ok", NULL, 0},
	/* 21 two faults on two hosts, too close to report */
	{"double_fault", OUTCOME_FAILED, 0, 4010, "unsure", "culprit terminated terminated culprit",
		"SIGSEGV", 2},
	/* on one host, one clock reports the order, and both are named */
	{"double_fault_one_host", OUTCOME_FAILED, 0, 4010, "proven",
		"culprit terminated terminated own_fault", "SIGSEGV", 0},
	{"double_fault_still_telling", OUTCOME_FAILED, 0, 4010, "proven",
		"culprit terminated terminated own_fault", "SIGSEGV", 0},
	/* 30 ms later it may be what the first one led to */
	{"double_fault_late", OUTCOME_FAILED, 0, 4010, "proven",
		"culprit terminated terminated peer_loss", "SIGSEGV", 0},
	/* 22 what a victim's handler makes of SIGTERM: a crash, an exception, success, a status */
	{"crash_in_cleanup", OUTCOME_FAILED, 2, 31820, "proven", "terminated terminated culprit",
		"bad batch", 0},
	{"cancel_and_crash", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated",
		"SIGTERM from torchrun", 0},
	{"masked_by_handlers", OUTCOME_FAILED, 2, 31820, "proven", "terminated terminated culprit",
		"SIGSEGV", 0},
	{"all_masked", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated",
		"exit 0, after SIGTERM from torchrun", 0},
	/* 23 a helper's fault, and what its rank makes of it */
	{"dataloader_worker", OUTCOME_FAILED, 1, 32000, "proven", "terminated culprit", "SIGBUS",
		0},
	/* 24 limits of memory, time, file size, disk, stack, processes */
	{"limit_memory", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"std::bad_alloc", 0},
	{"limit_cpu", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated", "SIGXCPU",
		0},
	{"limit_file_size", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"SIGXFSZ", 0},
	{"disk_full", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"No space left", 0},
	{"stack_overflow", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"SIGSEGV", 0},
	{"limit_processes", OUTCOME_FAILED, 1, 4011, "proven", "terminated culprit terminated",
		"can't start new thread", 0},
	/* 25 a host that is gone, a rank that is stopped, a clock that is wrong */
	{"node_lost_mpirun", OUTCOME_FAILED, 2, 3012, "likely",
		"peer_loss peer_loss culprit culprit", "silent", 2},
	{"stopped_rank", OUTCOME_FAILED, 1, 31819, "likely", "peer_loss culprit peer_loss",
		"SIGKILL from torchrun", 0},
	{"clock_ahead_2s", OUTCOME_FAILED, 3, 3013, "proven",
		"peer_loss peer_loss peer_loss culprit", "SIGSEGV", 0},
	{"clock_behind_2s", OUTCOME_FAILED, 3, 3013, "proven",
		"peer_loss peer_loss peer_loss culprit", "SIGSEGV", 0},
	{"clock_ahead_two_agents", OUTCOME_FAILED, 3, 21819, "likely",
		"peer_loss peer_loss peer_loss culprit", "SIGSEGV", 0},
	/* as tests/launch/programs/exchange.py was recorded: ranks by LOCAL_RANK, and no ranks */
	{"recorded_lightning_index", OUTCOME_FAILED, 1, 10783, "proven",
		"peer_loss culprit peer_loss", "IndexError", 0},
	{"recorded_lightning_first_killed", OUTCOME_FAILED, 0, 13938, "likely",
		"culprit peer_loss peer_loss", "SIGKILL", 0},
	{"recorded_lightning_nodes", OUTCOME_FAILED, 3, 15730, "proven",
		"peer_loss peer_loss peer_loss culprit", "IndexError", 0},
	{"recorded_partners_index", OUTCOME_FAILED, NOBODY, 17168, "likely", "", "IndexError", 0},
	{"recorded_partners_late", OUTCOME_FAILED, NOBODY, 19449, "likely", "", "SIGTERM", 0},
	{"recorded_partners_kill", OUTCOME_FAILED, NOBODY, 17243, "likely", "", "SIGKILL", 0},
	/* as real launchers were recorded: torchrun 1.13, Open MPI 4.1 and MPICH 4.0 */
	{"recorded_torchrun_segv", OUTCOME_FAILED, 1, 12614, "proven",
		"peer_loss culprit peer_loss", "SIGSEGV", 0},
	{"recorded_torchrun_kill", OUTCOME_FAILED, 1, 16374, "likely",
		"peer_loss culprit peer_loss", "SIGKILL from sh (pid 16965)", 0},
	{"recorded_torchrun_masked", OUTCOME_FAILED, 1, 17429, "proven",
		"terminated culprit terminated", "exit 9", 0},
	{"recorded_openmpi_segv", OUTCOME_FAILED, 1, 15592, "proven",
		"terminated culprit terminated", "SIGSEGV", 0},
	{"recorded_openmpi_abort", OUTCOME_FAILED, 1, 15921, "proven",
		"terminated culprit terminated", "exit 7", 0},
	{"recorded_openmpi_exit_0", OUTCOME_FAILED, 1, 16008, "likely",
		"terminated culprit terminated", "without MPI_Finalize", 0},
	{"recorded_mpich_abort", OUTCOME_FAILED, 1, 16140, "proven",
		"terminated culprit terminated", "SIGABRT", 0},
	{"recorded_openmpi_mpi_abort", OUTCOME_FAILED, 2, 2740, "proven",
		"terminated terminated culprit", "MPI_Abort(7) in mpi_abort", 0},
	{"recorded_mpich_mpi_abort", OUTCOME_FAILED, 1, 10521, "likely",
		"terminated culprit terminated", "MPI_Abort(7) in main", 0},
	{"recorded_mpich_truncate", OUTCOME_FAILED, 1, 10600, "likely",
		"terminated culprit terminated", "MPI_Abort(14) in deep", 0},
	{"recorded_openmpi_truncate", OUTCOME_FAILED, 1, 10721, "proven",
		"terminated culprit terminated", "MPI_Abort(15) in deep", 0},
	{"recorded_mpich_kill", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated terminated",
		"no rank is known to have failed first: the launcher ended them all", 0},
	{"recorded_mpich_exit_0", OUTCOME_SUCCEEDED, 1, 32484, "likely",
		"terminated culprit terminated", "without MPI_Finalize", 0},
	{"recorded_mpirun_killed", OUTCOME_FAILED, NOBODY, 32112, "likely", "silent silent silent",
		"SIGKILL", 0},
	/* and the same seconds later, when MPI's library has ended the ranks for lack of mpirun */
	{"recorded_mpirun_killed_late", OUTCOME_FAILED, NOBODY, 27306, "likely",
		"terminated terminated terminated", "SIGKILL", 0},
	/* of Open MPI 5, where PMIx brings the news of it to MPI's error handler */
	{"recorded_prterun_killed_late", OUTCOME_FAILED, NOBODY, 3844, "likely",
		"terminated silent terminated", "SIGKILL", 0},
	/* of Open MPI 6: a thread of PMIx wrote of it to the launcher that was gone, and a rank's
	 * own exit */
	{"recorded_prterun_killed_mpi6", OUTCOME_FAILED, NOBODY, 614, "likely",
		"terminated silent terminated", "SIGKILL", 0},
	/* of Open MPI 6: "mpirun solver : static", where a static rank faults */
	{"recorded_prterun_unheard", OUTCOME_FAILED, NOBODY, 55, "likely",
		"terminated silent silent", "SIGSEGV", 0},
	{"recorded_timeout_mpirun_late", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated",
		"orterun (pid 5234) was told to end, by SIGINT from timeout (pid 5231), whose time "
		"was over",
		0},
	/* slurmstepd, which nobody watches, kills all ranks as srun ends */
	{"recorded_timeout_srun", OUTCOME_FAILED, NOBODY, 0, NULL, "killed killed killed",
		"srun (pid 24574) was told to end, by SIGTERM from timeout", 0},
	{"recorded_srun_killed", OUTCOME_FAILED, NOBODY, 26060, "likely",
		"terminated terminated terminated", "SIGKILL", 0},
	{"recorded_srun_ended", OUTCOME_FAILED, NOBODY, 0, NULL, "killed killed killed",
		"3 were killed at once (SIGKILL), by their launcher or from outside", 0},
	/* where `vigil run` was killed, too */
	{"recorded_launcher_unheard", OUTCOME_UNKNOWN, NOBODY, 0, NULL,
		"terminated terminated terminated",
		"MPI's library ended the ranks, as their launcher, orterun (pid 5606), was gone",
		0},
	/* the launcher, which kills all at once, found one dead already, or two */
	{"recorded_mpich_kill_one", OUTCOME_FAILED, 1, 12912, "proven",
		"terminated culprit terminated", "SIGKILL, not from its launcher", 0},
	{"recorded_mpich_kill_two", OUTCOME_FAILED, 1, 16268, "unsure",
		"terminated culprit culprit", "SIGKILL, not from its launcher", 2},
	{"recorded_torchrun_ctrl_c", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated", "KeyboardInterrupt", 0},
	/* the same, of which the one that was interrupted took its time */
	{"torchrun_ctrl_c_slow", OUTCOME_FAILED, NOBODY, 0, NULL,
		"terminated terminated terminated", "KeyboardInterrupt", 0},
	/* read before the last rank, which was reported to end as well, had reported its end */
	{"mpirun_ctrl_c_early", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated terminated",
		"SIG", 0},
	{"recorded_node_lost", OUTCOME_FAILED, 1, 16880, "likely", "peer_loss culprit", "silent",
		0},
	/* and: the preload in no rank; where its waiter saw one fail, that one is named */
	{"unheard_exit", OUTCOME_FAILED, NOBODY, 28660, "likely", "", "exit 3", 0},
	{"unheard_mpich", OUTCOME_FAILED, NOBODY, 5580, "likely", "", "SIGSEGV", 0},
	{"unheard_timeout", OUTCOME_FAILED, NOBODY, 0, NULL, "", "no rank was heard of", 0},
	{"unheard_srun", OUTCOME_FAILED, NOBODY, 0, NULL, "",
		"it is not known who failed first: srun (pid 5673) ended with exit 143", 0},
	/* and: a pipe whose reader is gone, a session that is closed, a thread's exception */
	{"sigpipe", OUTCOME_FAILED, 1, 4011, "proven", "peer_loss culprit", "exit 5", 0},
	{"sighup", OUTCOME_FAILED, NOBODY, 0, NULL, "terminated terminated", "SIGHUP", 0},
	{"thread_exception_exit_0", OUTCOME_SUCCEEDED, NOBODY, 0, NULL, "ok ok", NULL, 0},
};

static void a_clock_that_is_off_is_reported_of(void **state)
{
	static const struct {
		const char *fixture;
		int64_t least_us, most_us;
		const char *warning;
	} known[] = {
		{"clock_ahead_2s", 1900000, 2100000,
			"clocks of n1 and n2 differ by about 2.0 s: n2 is ahead"},
		{"clock_behind_2s", -2100000, -1900000,
			"clocks of n1 and n2 differ by about 2.0 s: n2 is behind"},
		{"clock_ahead_two_agents", 1900000, 2100000,
			"clocks of n1 and n2 differ by about 2.0 s: n2 is ahead"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct report *report = emit(known[i].fixture);

		assert_int_equal(report->offset_count, 1);
		assert_string_equal(report->offsets[0].hostname, "n2");
		assert_uint_in_range(report->offsets[0].us - known[i].least_us, 0,
			known[i].most_us - known[i].least_us);
		assert_int_equal(report->reading.warning_count, 1);
		if (strstr(report->reading.warnings[0], known[i].warning) == NULL)
			fail_msg("it warns '%s'", report->reading.warnings[0]);
		report_free(report);
	}
}

static void clocks_that_may_agree_are_left_alone(void **state)
{
	static const char *const names[] = {"two_hosts_close", "two_hosts_peer",
		"two_hosts_early_term", "two_hosts_three_faults", "srun_over_torchrun",
		"double_fault", "node_lost_mpirun", "import_fails_on_one_host"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct report *report = emit(names[i]);

		assert_int_equal(report->offset_count, 0);
		report_free(report);
	}
}

static void a_hang_has_its_odd_ones_out(void **state)
{
	static const struct {
		const char *fixture;
		int64_t rank;
		const char *where, *others;
		size_t even;
	} known[] = {
		{"hang_scancel", 2, "clock_nanosleep, called by load (data.c:33)",
			"PMPI_Allreduce, called by step (ring.c:41)", 3},
		{"hang_ctrl_c", 1, "load (data.py:33)",
			"all_reduce (distributed_c10d.py:1320), called by main (train.py:31)", 3},
		{"recorded_torchrun_ctrl_c", 1, "load_batch (train.py:31)",
			"all_reduce (distributed_c10d.py:1541)", 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct report *report = emit(known[i].fixture);
		const struct attempt *attempt = last_attempt(report);

		assert_true(attempt->has_outliers);
		assert_int_equal(attempt->position_count, 2);
		assert_int_equal(attempt->positions[1].count, 1);
		assert_int_equal(attempt->positions[1].ranks[0], known[i].rank);
		assert_string_equal(attempt->positions[1].where, known[i].where);
		assert_int_equal(attempt->positions[0].count, known[i].even);
		assert_string_equal(attempt->positions[0].where, known[i].others);
		report_free(report);
	}
}

/* Nobody is odd where no position has most ranks, or most are at work and do not wait. */
static void a_hang_without_odd_ones_names_all_sides(void **state)
{
	static const struct {
		const char *fixture, *first, *second;
		size_t first_count;
	} known[] = {
		{"hang_two_sides", "MPI_Recv, called by exchange (ring.c:11)",
			"MPI_Recv, called by exchange (ring.c:13)", 2},
		{"hang_in_libc", "poll, called by exchange (ring.c:11)",
			"read, called by exchange (ring.c:13)", 2},
		{"hang_in_a_loop", "spin (ring.c:50-53)", "MPI_Barrier, called by main (ring.c:23)",
			3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct report *report = emit(known[i].fixture);
		const struct attempt *attempt = last_attempt(report);

		assert_false(attempt->has_outliers);
		assert_int_equal(attempt->position_count, 2);
		assert_string_equal(attempt->positions[0].where, known[i].first);
		assert_string_equal(attempt->positions[1].where, known[i].second);
		assert_int_equal(attempt->positions[0].count, known[i].first_count);
		report_free(report);
	}
}

static void each_attempt_has_its_own_victims(void **state)
{
	struct report *report = emit("restarts_kills");

	(void)state;
	assert_int_equal(report->attempt_count, 3);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(report->attempts[i].candidates[0].rank, 1);
		assert_int_equal(report->attempts[i].candidates[0].confidence, CONFIDENCE_PROVEN);
		assert_int_equal(report->attempts[i].results[0].role, ROLE_TERMINATED);
	}
	assert_false(report->attempts[2].has_root);
	report_free(report);
}

static void a_victim_says_who_ended_it_and_how_it_took_that(void **state)
{
	static const struct {
		const char *fixture;
		size_t rank;
		const char *reason;
	} known[] = {
		{"mpich_abort_kills", 0, "SIGKILL from mpiexec.hydra (pid 4000)"},
		{"mpich_abort_unheard", 3,
			"no word of an end, after SIGKILL from mpiexec.hydra (pid 4000)"},
		{"masked_by_handlers", 0, "exit 0, after SIGTERM from torchrun (pid 31790)"},
		{"masked_by_handlers", 1, "exit 143, after SIGTERM from torchrun (pid 31790)"},
		{"crash_in_cleanup", 0,
			"SIGSEGV (address not mapped) at 0x8 in cuda_teardown (solver.c:9), after "
			"SIGTERM from torchrun (pid 31790)"},
		{"crash_in_cleanup", 1,
			"RuntimeError: cannot schedule new futures after shutdown, after SIGTERM "
			"from torchrun (pid 31790)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct report *report = emit(known[i].fixture);

		assert_string_equal(
			last_attempt(report)->results[known[i].rank].reason, known[i].reason);
		report_free(report);
	}
}

static void new_facts_are_evidence(void **state)
{
	static const struct {
		const char *fixture, *evidence;
	} known[] = {
		{"oom_witnessed",
			"its count of such kills in cgroup /slurm/job_7 rose from 0 to 1"},
		{"killed_outside_told", "mpirun (pid 4000), which tells of its own kill(), sent it "
					"none"},
		{"killed_outside_lost", "not known to have sent it SIGKILL, but events are"},
		{"killed_by_script", "cleanup.sh (pid 3990) told that it sent SIGKILL to it"},
		{"missing_library", "this the only rank that was never seen"},
		{"double_fault_one_host", "rank 3 had a fault of its own, too, 3.0 ms later"},
		{"never_running", "it never reached RUNNING"},
		{"dataloader_worker", "later, and its error names its pid"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct report *report = emit(known[i].fixture);

		if (!has_evidence(report, known[i].evidence))
			fail_msg("%s: no evidence has '%s'", known[i].fixture, known[i].evidence);
		report_free(report);
	}
}

static void a_second_fault_is_a_candidate_of_its_own(void **state)
{
	static const struct {
		const char *fixture;
		int64_t rank, after_us;
		enum confidence confidence;
		const char *evidence;
	} known[] = {
		{"double_fault_one_host", 3, 3000, CONFIDENCE_UNSURE,
			"it came 3.0 ms after rank 0 failed, by the same clock: a second cause, "
			"unless it follows from that"},
		{"double_fault_still_telling", 3, 3000, CONFIDENCE_LIKELY,
			"it came 3.0 ms after rank 0 failed, which was still telling of that: "
			"nobody could miss it yet"},
		{"import_fails_on_one_host", 3, 6000, CONFIDENCE_UNSURE, "after rank 2 failed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct report *report = emit(known[i].fixture);
		const struct attempt *attempt = last_attempt(report);
		const struct finding *second = attempt->concurrent;

		assert_int_equal(attempt->concurrent_count, 1);
		assert_int_equal(second->rank, known[i].rank);
		assert_int_equal(second->after_us, known[i].after_us);
		assert_int_equal(second->confidence, known[i].confidence);
		assert_non_null(
			strstr(second->evidence[second->evidence_count - 1], known[i].evidence));
		report_free(report);
	}
}

static void a_host_that_fell_silent_is_named(void **state)
{
	struct report *report = emit("node_lost_mpirun");

	(void)state;
	assert_non_null(strstr(last_attempt(report)->explanation, "host n2 is silent since 0.5 s"));
	report_free(report);
}

#define SCENARIO_COUNT (sizeof scenarios / sizeof *scenarios)

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(a_clock_that_is_off_is_reported_of),
		cmocka_unit_test(clocks_that_may_agree_are_left_alone),
		cmocka_unit_test(a_hang_has_its_odd_ones_out),
		cmocka_unit_test(a_hang_without_odd_ones_names_all_sides),
		cmocka_unit_test(each_attempt_has_its_own_victims),
		cmocka_unit_test(a_victim_says_who_ended_it_and_how_it_took_that),
		cmocka_unit_test(new_facts_are_evidence),
		cmocka_unit_test(a_second_fault_is_a_candidate_of_its_own),
		cmocka_unit_test(a_host_that_fell_silent_is_named),
	};
	struct CMUnitTest tests[SCENARIO_COUNT + sizeof others / sizeof *others];

	for (size_t i = 0; i < SCENARIO_COUNT; i++)
		tests[i] = (struct CMUnitTest){scenarios[i].name, every_fixture_has_its_culprit,
			NULL, NULL, (void *)(uintptr_t)&scenarios[i]};
	memcpy(tests + SCENARIO_COUNT, others, sizeof others);
	return cmocka_run_group_tests_name("scenarios", tests, NULL, NULL);
}
