/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: what a message, a name, a status stands for. */
#include "core/report/job/rules.h"

#include "tests/unit/unit.h"

#include <signal.h>

static void lost_peers_are_known_by_their_texts(void **state)
{
	static const struct {
		const char *text;
		enum failure_class failure_class;
	} known[] = {
		{"[../third_party/gloo/gloo/transport/tcp/pair.cc:598] Connection closed by peer "
		 "[127.0.0.1]:2345",
			FAILURE_PEER_LOST},
		{"[Errno 104] Connection reset by peer", FAILURE_PEER_LOST},
		{"[Errno 32] Broken pipe", FAILURE_PEER_LOST},
		{"NCCL error in: x.cpp:1, remote process exited or there was a network error",
			FAILURE_PEER_LOST},
		{"ncclRemoteError: A call failed possibly due to a network error",
			FAILURE_PEER_LOST},
		{"CONNECTION REFUSED", FAILURE_PEER_LOST},
		{"MPI_ERR_PROC_FAILED", FAILURE_PEER_LOST},
		{"Watchdog caught collective operation timeout: WorkNCCL(SeqNum=3)",
			FAILURE_PEER_TIMEOUT},
		{"Timed out waiting 1800000ms for recv operation to complete",
			FAILURE_PEER_TIMEOUT},
		{"bad batch", FAILURE_OWN},
		{"DataLoader worker (pid 5) is killed by signal: Bus error.", FAILURE_OWN},
		{"", FAILURE_OWN},
		{NULL, FAILURE_OWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (rules_peer_text(known[i].text) != known[i].failure_class)
			fail_msg("'%s' is taken for %d", known[i].text,
				(int)rules_peer_text(known[i].text));
}

static void programs_are_known_by_their_names(void **state)
{
	(void)state;
	assert_true(rules_name_is(NAME_LAUNCHER, "mpirun"));
	assert_true(rules_name_is(NAME_LAUNCHER, "mpiexec.hydra"));
	assert_true(rules_name_is(NAME_LAUNCHER, "slurmstepd"));
	assert_false(rules_name_is(NAME_LAUNCHER, "solver"));
	assert_false(rules_name_is(NAME_LAUNCHER, ""));
	assert_true(rules_is_wrapper("bash"));
	assert_false(rules_is_wrapper("python3.11"));
	assert_true(rules_name_is(NAME_DRIVER, "make"));
	assert_true(rules_name_is(NAME_DRIVER, "g++-12"));
	assert_true(rules_name_is(NAME_DRIVER, "x86_64-linux-gnu-g++-12"));
	assert_true(rules_name_is(NAME_DRIVER, "aarch64-linux-gnu-gcc"));
	assert_false(rules_name_is(NAME_DRIVER, "cc1plus"));
	assert_false(rules_name_is(NAME_DRIVER, "-12"));
	assert_false(rules_name_is(NAME_DRIVER, ""));
	assert_true(rules_name_is(NAME_QUESTION, "["));
	assert_true(rules_name_is(NAME_QUESTION, "grep"));
	assert_false(rules_name_is(NAME_QUESTION, "x"));
}

static void a_signal_in_a_handler_of_its_own_fault_is_no_request(void **state)
{
	struct event event = {.cause = CAUSE_TERMINATED, .signal = {.number = SIGTERM}};

	(void)state;
	assert_false(rules_was_handling(&event));
	event.fault = (struct event_fault){.number = SIGFPE};
	assert_false(rules_was_handling(&event)); /* the handler ended it */
	event.fault.tid = 4099;
	assert_true(rules_was_handling(&event));
	event.signal.number = SIGKILL;
	assert_true(rules_was_handling(&event));
	event.signal.number = 0;
	assert_false(rules_was_handling(&event)); /* another thread called exit() */
}

static enum failure_class manner_of(struct event event)
{
	struct termination end = {.event = event};
	struct event_record record = {.source = SOURCE_WORKER, .end = &end};
	struct process process = {.hostname = "n1", .program = "a", .termination = &record};
	struct job job = {.count = 0};

	return rules_failure_class(&job, &process);
}

#define SIGNAL(...)                                                                        \
	{                                                                                  \
		.state = NODE_FAILED, .cause = CAUSE_TERMINATED, .signal = { __VA_ARGS__ } \
	}

static void ends_have_their_manners(void **state)
{
	static const struct {
		struct event event;
		enum failure_class failure_class;
	} ends[] = {
		{{.state = NODE_SUCCEEDED, .how = HOW_EXIT}, FAILURE_OK},
		{{.state = NODE_FAILED, .cause = CAUSE_EXIT, .how = HOW_EXIT, .exit_code = 3},
			FAILURE_OWN},
		{{.state = NODE_FAILED, .cause = CAUSE_EXIT, .how = HOW_EXIT, .exit_code = 143},
			FAILURE_OBEYED},
		{{.state = NODE_FAILED, .cause = CAUSE_EXIT, .how = HOW_EXIT, .exit_code = 139},
			FAILURE_OWN},
		{SIGNAL(.number = SIGTERM, .sender_is = SENDER_ANCESTOR), FAILURE_TERMINATED},
		{SIGNAL(.number = SIGTERM, .sender_is = SENDER_OTHER, .sender = "slurmstepd"),
			FAILURE_TERMINATED},
		{SIGNAL(.number = SIGTERM, .sender_is = SENDER_OTHER, .sender = "bash",
			 .sender_pid = 5),
			FAILURE_SIGNALLED},
		{SIGNAL(.number = SIGTERM, .sender_is = SENDER_SELF), FAILURE_OWN},
		{SIGNAL(.number = SIGTERM), FAILURE_SIGNALLED},
		{SIGNAL(.number = SIGINT, .has_code = true, .code = SI_KERNEL),
			FAILURE_INTERRUPTED},
		{SIGNAL(.number = SIGINT, .has_code = true, .code = SI_USER,
			 .sender_is = SENDER_SELF),
			FAILURE_INTERRUPTED},
		{SIGNAL(.number = SIGKILL), FAILURE_KILLED},
		{SIGNAL(.number = SIGKILL, .sender_is = SENDER_ANCESTOR), FAILURE_TERMINATED},
		{{.state = NODE_FAILED, .cause = CAUSE_OOM, .signal.number = SIGKILL}, FAILURE_OWN},
		{{.state = NODE_FAILED, .cause = CAUSE_FAULT, .signal.number = SIGSEGV},
			FAILURE_OWN},
		{{.state = NODE_FAILED,
			 .cause = CAUSE_EXCEPTION,
			 .exception = {"python", "KeyboardInterrupt", "", NULL}},
			FAILURE_INTERRUPTED},
		{{.state = NODE_FAILED,
			 .cause = CAUSE_EXCEPTION,
			 .exception = {"python", "BrokenPipeError", "", NULL}},
			FAILURE_PEER_LOST},
		{{.state = NODE_FAILED, .cause = CAUSE_ABORT, .abort_message = "Broken pipe"},
			FAILURE_PEER_LOST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (manner_of(ends[i].event) != ends[i].failure_class)
			fail_msg("end %zu has manner %d", i, (int)manner_of(ends[i].event));
}

#define EXIT(status)                                                                            \
	{                                                                                       \
		.state = NODE_FAILED, .cause = CAUSE_EXIT, .how = HOW_EXIT, .exit_code = status \
	}

/* PARENT, of PROGRAM, ends so after its child ended by CHILD; KILLED: PARENT had sent it SIGTERM.
 */
static bool hands_on(const char *program, struct event parent, struct event child, bool killed)
{
	struct termination parents_end = {.event = parent}, childs_end = {.event = child};
	struct kill_record kill = {.number = SIGTERM, .reporter = {.pid = 5, .comm = "x"}};
	struct event_record parents = {.end = &parents_end}, childs = {.end = &childs_end},
			    kills = {.kill = &kill};
	struct process one = {.program = program, .pid = 5, .termination = &parents},
		       other = {.program = "a", .pid = 6, .termination = &childs};

	other.kill_request = killed ? &kills : NULL;
	return rules_hands_on(&one, &other);
}

static void a_status_is_handed_on(void **state)
{
	struct event exit3 = EXIT(3), exit11 = EXIT(11), exit124 = EXIT(124), exit127 = EXIT(127),
		     exit139 = EXIT(139), exit245 = EXIT(245);
	struct event segv = {.signal.number = SIGSEGV}, term = {.signal.number = SIGTERM};
	struct event unstarted = {.state = NODE_FAILED, .cause = CAUSE_EXEC_FAILED};

	(void)state;
	assert_true(hands_on("sh", exit3, exit3, false));
	assert_true(hands_on("sh", exit139, segv, false));
	assert_true(hands_on("sh", segv, segv, false));
	assert_true(hands_on("python3.11", exit245, segv, false));
	assert_true(hands_on("setsid", exit11, segv, false));
	assert_true(hands_on("timeout", exit124, term, true));
	assert_true(hands_on("timeout", exit124, exit3, true));
	assert_true(hands_on("sh", exit127, unstarted, false));
	assert_false(hands_on("sh", exit3, segv, false));
	assert_false(hands_on("sh", exit11, segv, false));
	assert_false(hands_on("sh", exit139, term, false));
	assert_false(hands_on("sh", exit139, exit3, false));
	assert_false(hands_on("sh", segv, term, false));
	assert_false(hands_on("sh", exit124, term, true));
	assert_false(hands_on("timeout", exit124, term, false));
	assert_false(hands_on("sh", exit3, unstarted, false));
}

static const char *meaning_of(const char *program, struct event event, bool heard)
{
	struct termination end = {.event = event};
	struct event_record record = {.end = &end};
	struct process process = {.program = program, .rank = RANK_UNKNOWN, .termination = &record};

	process.own_termination = heard ? &record : NULL;
	process.agent_termination = heard ? NULL : &record;
	return rules_meaning(&process);
}

static void a_status_has_a_meaning(void **state)
{
	struct event exit3 = EXIT(3), exit124 = EXIT(124), exit126 = EXIT(126), exit127 = EXIT(127),
		     unstarted = EXIT(127);

	(void)state;
	unstarted.cause = CAUSE_EXEC_FAILED;
	assert_string_equal(meaning_of("bash", exit127, true), "no such program");
	assert_string_equal(meaning_of("bash", exit126, true), "a program that cannot be run");
	assert_string_equal(meaning_of("env", exit127, true), "no such program");
	assert_string_equal(meaning_of("timeout", exit124, true), "its time was over");
	assert_string_equal(
		meaning_of("unknown", exit127, false), "likely a library or a program is missing");
	assert_string_equal(meaning_of("needs", unstarted, false), "it could not be started");
	assert_null(meaning_of("solver", exit127, true));
	assert_null(meaning_of("bash", exit3, true));
	assert_null(meaning_of("bash", exit124, true));
	assert_null(meaning_of("unknown", exit3, false));
}

UNIT_TESTS(cmocka_unit_test(lost_peers_are_known_by_their_texts),
	cmocka_unit_test(programs_are_known_by_their_names),
	cmocka_unit_test(a_signal_in_a_handler_of_its_own_fault_is_no_request),
	cmocka_unit_test(ends_have_their_manners), cmocka_unit_test(a_status_is_handed_on),
	cmocka_unit_test(a_status_has_a_meaning), )
