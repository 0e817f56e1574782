/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: what a message, a name, a status stands for. */
#include "core/report/rules.h"

#include "tests/unit/unit.h"

#include <signal.h>

static void lost_peers_are_known_by_their_texts(void **state)
{
	static const struct {
		const char *text;
		enum manner manner;
	} known[] = {
		{"[../third_party/gloo/gloo/transport/tcp/pair.cc:598] Connection closed by peer "
		 "[127.0.0.1]:2345",
			MANNER_PEER_LOST},
		{"[Errno 104] Connection reset by peer", MANNER_PEER_LOST},
		{"[Errno 32] Broken pipe", MANNER_PEER_LOST},
		{"NCCL error in: x.cpp:1, remote process exited or there was a network error",
			MANNER_PEER_LOST},
		{"ncclRemoteError: A call failed possibly due to a network error",
			MANNER_PEER_LOST},
		{"CONNECTION REFUSED", MANNER_PEER_LOST},
		{"MPI_ERR_PROC_FAILED", MANNER_PEER_LOST},
		{"Watchdog caught collective operation timeout: WorkNCCL(SeqNum=3)",
			MANNER_PEER_TIMEOUT},
		{"Timed out waiting 1800000ms for recv operation to complete", MANNER_PEER_TIMEOUT},
		{"bad batch", MANNER_OWN},
		{"DataLoader worker (pid 5) is killed by signal: Bus error.", MANNER_OWN},
		{"", MANNER_OWN},
		{NULL, MANNER_OWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (rules_peer_text(known[i].text) != known[i].manner)
			fail_msg("'%s' is taken for %d", known[i].text,
				(int)rules_peer_text(known[i].text));
}

static void programs_are_known_by_their_names(void **state)
{
	(void)state;
	assert_true(rules_is_launcher("mpirun"));
	assert_true(rules_is_launcher("mpiexec.hydra"));
	assert_true(rules_is_launcher("slurmstepd"));
	assert_false(rules_is_launcher("solver"));
	assert_false(rules_is_launcher(""));
	assert_true(rules_is_wrapper("bash"));
	assert_false(rules_is_wrapper("python3.11"));
	assert_true(rules_is_driver("make"));
	assert_true(rules_is_question("["));
	assert_true(rules_is_question("grep"));
	assert_false(rules_is_question("x"));
}

static enum manner manner_of(struct event event)
{
	struct told_end end = {.event = event};
	struct told told = {.source = SOURCE_WORKER, .end = &end};
	struct process process = {.hostname = "n1", .program = "a", .end = &told};
	struct job job = {.count = 0};

	return rules_manner(&job, &process);
}

#define SIGNAL(...)                                                                                \
	{                                                                                          \
		.state = NODE_FAILED, .cause = CAUSE_TERMINATED, .signal = { __VA_ARGS__ }         \
	}

static void ends_have_their_manners(void **state)
{
	static const struct {
		struct event event;
		enum manner manner;
	} ends[] = {
		{{.state = NODE_SUCCEEDED, .how = HOW_EXIT}, MANNER_OK},
		{{.state = NODE_FAILED, .cause = CAUSE_EXIT, .how = HOW_EXIT, .exit_code = 3},
			MANNER_OWN},
		{{.state = NODE_FAILED, .cause = CAUSE_EXIT, .how = HOW_EXIT, .exit_code = 143},
			MANNER_OBEYED},
		{{.state = NODE_FAILED, .cause = CAUSE_EXIT, .how = HOW_EXIT, .exit_code = 139},
			MANNER_OWN},
		{SIGNAL(.number = SIGTERM, .sender_is = SENDER_ANCESTOR), MANNER_TERMINATED},
		{SIGNAL(.number = SIGTERM, .sender_is = SENDER_OTHER, .sender = "slurmstepd"),
			MANNER_TERMINATED},
		{SIGNAL(.number = SIGTERM, .sender_is = SENDER_OTHER, .sender = "bash",
			 .sender_pid = 5),
			MANNER_SIGNALLED},
		{SIGNAL(.number = SIGTERM, .sender_is = SENDER_SELF), MANNER_OWN},
		{SIGNAL(.number = SIGTERM), MANNER_SIGNALLED},
		{SIGNAL(.number = SIGINT, .has_code = true, .code = SI_KERNEL), MANNER_INTERRUPTED},
		{SIGNAL(.number = SIGINT, .has_code = true, .code = SI_USER,
			 .sender_is = SENDER_SELF),
			MANNER_INTERRUPTED},
		{SIGNAL(.number = SIGKILL), MANNER_KILLED},
		{SIGNAL(.number = SIGKILL, .sender_is = SENDER_ANCESTOR), MANNER_TERMINATED},
		{{.state = NODE_FAILED, .cause = CAUSE_OOM, .signal.number = SIGKILL}, MANNER_OWN},
		{{.state = NODE_FAILED, .cause = CAUSE_FAULT, .signal.number = SIGSEGV},
			MANNER_OWN},
		{{.state = NODE_FAILED,
			 .cause = CAUSE_EXCEPTION,
			 .exception = {"python", "KeyboardInterrupt", "", NULL}},
			MANNER_INTERRUPTED},
		{{.state = NODE_FAILED,
			 .cause = CAUSE_EXCEPTION,
			 .exception = {"python", "BrokenPipeError", "", NULL}},
			MANNER_PEER_LOST},
		{{.state = NODE_FAILED, .cause = CAUSE_ABORT, .abort_message = "Broken pipe"},
			MANNER_PEER_LOST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (manner_of(ends[i].event) != ends[i].manner)
			fail_msg("end %zu has manner %d", i, (int)manner_of(ends[i].event));
}

static void a_status_is_handed_on(void **state)
{
	struct event exit3 = {.how = HOW_EXIT, .exit_code = 3},
		     exit139 = {.how = HOW_EXIT, .exit_code = 139};
	struct event segv = {.signal.number = SIGSEGV}, term = {.signal.number = SIGTERM};

	(void)state;
	assert_true(rules_hands_on(&exit3, &exit3));
	assert_true(rules_hands_on(&exit139, &segv));
	assert_true(rules_hands_on(&segv, &segv));
	assert_false(rules_hands_on(&exit3, &segv));
	assert_false(rules_hands_on(&exit139, &term));
	assert_false(rules_hands_on(&exit139, &exit3));
	assert_false(rules_hands_on(&segv, &term));
}

UNIT_TESTS(cmocka_unit_test(lost_peers_are_known_by_their_texts),
	cmocka_unit_test(programs_are_known_by_their_names),
	cmocka_unit_test(ends_have_their_manners), cmocka_unit_test(a_status_is_handed_on), )
