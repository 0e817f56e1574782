/* SPDX-License-Identifier: Apache-2.0 */
/* A process that somebody else ends dies as it would, and says by which signal and whose. */
#include <signal.h>
#include <unistd.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define PAUSE                              \
	{                                  \
		VICTIM("handles"), "pause" \
	}

static void sent_by_us(const struct run *watched)
{
	const cJSON *end = run_end(watched);

	assert_int_equal((pid_t)reported_number(end, "signal.sender_pid"), getpid());
	assert_int_equal((uid_t)reported_number(end, "signal.sender_uid"), getuid());
	assert_string_equal(reported_string(end, "signal.sender_is"), "ancestor");
	assert_string_equal(reported_string(end, "signal.code_name"), "SI_USER");
	assert_string_equal(reported_string(end, "cause"), "terminated");
}

#define KILLED(name, number)                                                      \
	{                                                                         \
		name " from outside", PAUSE, LIVED("FAILED " name " terminated"), \
			.how.signal = (number), .also = sent_by_us                \
	}

static const struct run_case cases[] = {
	KILLED("SIGTERM", SIGTERM),
	KILLED("SIGINT", SIGINT),
	KILLED("SIGHUP", SIGHUP),
	KILLED("SIGQUIT", SIGQUIT),
	KILLED("SIGUSR1", SIGUSR1),
	KILLED("SIGUSR2", SIGUSR2),
	KILLED("SIGALRM", SIGALRM),
	KILLED("SIGPIPE", SIGPIPE),
	KILLED("SIGPROF", SIGPROF),
	KILLED("SIGXCPU", SIGXCPU),
	KILLED("SIGSEGV", SIGSEGV),
	KILLED("SIGABRT", SIGABRT),
	KILLED("SIGBUS", SIGBUS),
	{"SIGTERM from outside dumps no core", PAUSE, LIVED("FAILED SIGTERM terminated"),
		.how = {.signal = SIGTERM, .core = true}},
	{"SIGQUIT from outside dumps core", PAUSE, LIVED("FAILED SIGQUIT terminated"),
		.how = {.signal = SIGQUIT, .core = true}},
	KILLED("SIGRTMIN+6", 40),
	{"SIGKILL cannot be told", PAUSE, "INIT, RUNNING", .how.signal = SIGKILL, .unended = 1},
	{"a host that handles SIGTERM ends its own way", {VICTIM("handles"), "pause_and_handle"},
		LIVED("FAILED return 5"), .how.signal = SIGTERM},
	{"an inherited SIG_IGN stays",
		{"/bin/sh", "-c", "trap '' TERM HUP USR1; exec " VICTIM("view") " actions"},
		"INIT, RUNNING, INIT, RUNNING, SUCCEEDED return 0"},
	{"an ignored SIGTERM kills nobody",
		{"/bin/sh", "-c", "trap '' TERM; exec " VICTIM("crashes") " raise 15"},
		"INIT, RUNNING, INIT, RUNNING, SUCCEEDED return 0"},
	{"nohup keeps SIGHUP ignored", {"nohup", VICTIM("view"), "actions"},
		"INIT, RUNNING, INIT, RUNNING, SUCCEEDED return 0"},
};

int main(void)
{
	return run_cases("kills", cases);
}
