/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rank that ends itself with a status other than 0 says where it stood; nobody else does. And
 * what a rank of MPICH says to its launcher instead of ending.
 */
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define EXITS VICTIM("exits")
#define PYTHON "/usr/bin/python3"
#define RANK "RANK=0", "WORLD_SIZE=1"
#define AS_RANK .how.environment = {RANK}
#define ABORTED(code) LIVED("FAILED MPI_Abort " code)
#define SAYS(command, ...)                                \
	{                                                 \
		EXITS, "say", "9", command, ##__VA_ARGS__ \
	}
#define SPEAKS .how.environment = {RANK, "PMI_FD=9"}

static const char *trace_of(const struct run *watched)
{
	const char *trace = reported_string(run_end(watched), "error_trace");

	return trace == NULL ? "" : trace;
}

/* In this order, and nothing of ours before or between. */
static void has_steps(const struct run *watched, const char *const *steps)
{
	const char *at = trace_of(watched);

	assert_null(strstr(at, "libvigil"));
	for (; *steps != NULL; steps++) {
		at = strstr(at, *steps);
		if (at == NULL)
			fail_msg("no '%s' in:\n%s", *steps, trace_of(watched));
	}
	assert_string_equal(reported_string(run_end(watched), "trace.outcome"), "ok");
	assert_non_null(reported_string(run_end(watched), "fingerprint"));
}

static void gave_up(const struct run *watched)
{
	static const char *const steps[] = {" exit+", " give_up+", " exit_+", " main+", NULL};

	has_steps(watched, steps);
}

static void gave_up_at_once(const struct run *watched)
{
	static const char *const steps[] = {"#0  give_up_at_once+", "#1  _exit_+", " main+", NULL};

	has_steps(watched, steps);
}

static void gave_up_quickly(const struct run *watched)
{
	static const char *const steps[] = {" give_up_quickly+", " quick_exit_+", " main+", NULL};

	has_steps(watched, steps);
}

static void gave_up_in_thread(const struct run *watched)
{
	static const char *const steps[] = {" give_up+", " thread_that_gives_up+", NULL};

	has_steps(watched, steps);
	assert_int_not_equal((pid_t)reported_number(run_end(watched), "process.tid"), watched->pid);
	assert_non_null(strstr(trace_of(watched), " exit_in_thread+"));
}

static void first_is_left_alone(const struct run *watched)
{
	assert_non_null(strstr(trace_of(watched), " thread_that_gives_up_at_once+"));
	assert_null(strstr(trace_of(watched), " exit_beside_epoll+"));
	assert_string_equal(reported_string(run_end(watched), "threads_error"),
		"the first waits in a call that a stop would end");
}

static void asked(const struct run *watched)
{
	static const char *const steps[] = {"#0  ask_for_the_end+", "#1  say_in+", " main+", NULL};

	has_steps(watched, steps);
}

/* Of an exit that another process's signal cut short. */
static void was_leaving(const struct run *watched)
{
	const cJSON *end = run_end(watched);
	const cJSON *record = NULL;

	assert_string_equal(reported_string(end, "cause"), "exit");
	assert_string_equal(reported_string(end, "exit.how"), "exit");
	assert_int_equal((int)reported_number(end, "exit.code"), 3);
	assert_non_null(strstr(reported_string(end, "message"), "exit 3, then SIGTERM"));
	assert_non_null(strstr(trace_of(watched), " clean_up_slowly+"));
	/* the child began after the exit, and reported so before the end was reported */
	for (size_t i = 0; i < watched->record.count; i++)
		if (watched->record.events[i].pid != watched->pid)
			record = watched->record.events[i].json;
	assert_true(reported_number(end, "mono_us") < reported_number(record, "mono_us"));
}

static void was_only_ended(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "cause"), "terminated");
	assert_null(reported_get(run_end(watched), "exit"));
}

static void no_frames(const struct run *watched)
{
	assert_null(reported_get(run_end(watched), "frames"));
}

static void left_python(const struct run *watched)
{
	const cJSON *frame = cJSON_GetArrayItem(reported_get(run_end(watched), "frames"), 0);

	assert_string_equal(reported_string(frame, "kind"), "python");
	assert_string_equal(reported_string(frame, "function"), "leave");
	assert_non_null(strstr(trace_of(watched), "in leave"));
	assert_non_null(strstr(reported_string(run_end(watched), "message"), "exit 9 in leave"));
}

static const struct run_case exits[] = {
	{"exits: a rank that exits", {EXITS, "exit", "3"}, LIVED("FAILED exit 3"), AS_RANK,
		.also = gave_up},
	{"exits: a rank that _exits", {EXITS, "_exit", "3"}, LIVED("FAILED _exit 3"), AS_RANK,
		.also = gave_up_at_once},
	{"exits: a rank that exits quickly", {EXITS, "quick_exit", "3"},
		LIVED("FAILED quick_exit 3"), AS_RANK, .also = gave_up_quickly},
	{"exits: a rank that exits in a thread", {EXITS, "exit_in_thread", "3"},
		LIVED("FAILED exit 3"), AS_RANK, .also = gave_up_in_thread},
	{"exits: a rank that _exits in a thread, beside epoll_wait()",
		{EXITS, "exit_beside_epoll", "3"}, LIVED("FAILED _exit 3"), AS_RANK,
		.also = first_is_left_alone},
	{"exits: SIGTERM while it cleans up", {EXITS, "exit_slowly", "3"},
		LIVED("FAILED SIGTERM exit"), {"*"}, .also = was_leaving},
	{"exits: SIGTERM while it cleans up after success", {EXITS, "exit_slowly", "0"},
		LIVED("FAILED SIGTERM terminated"), {"*"}, .also = was_only_ended},
	{"exits: a rank whose main returns 3", {EXITS, "return", "3"}, LIVED("FAILED return 3"),
		AS_RANK, .also = no_frames},
	{"exits: a rank that succeeds", {EXITS, "exit", "0"}, LIVED("SUCCEEDED exit 0"), AS_RANK,
		.also = no_frames},
	{"exits: who has no rank", {EXITS, "exit", "3"}, LIVED("FAILED exit 3"), .also = no_frames},
	{"exits: a rank that is a shell", {"/bin/sh", "-c", "exit 3"}, LIVED("FAILED _exit 3"),
		AS_RANK, .also = no_frames},
	{"exits: a rank in Python that _exits",
		{PYTHON, "-c", "import os\ndef leave(): os._exit(9)\nleave()"},
		LIVED("FAILED _exit 9"), AS_RANK, .also = left_python},
	{"exits: a rank in Python that has cleaned up", {PYTHON, "-c", "import sys; sys.exit(9)"},
		LIVED("FAILED exit 9"), AS_RANK, .also = no_frames},
};

static const struct run_case aborts[] = {
	{"MPI_Abort: and then SIGKILL", SAYS("cmd=abort exitcode=7\n", "9"), ABORTED("7"), SPEAKS,
		.also = asked},
	{"MPI_Abort: a status of more than 8 bits", SAYS("cmd=abort exitcode=134357006\n", "9"),
		ABORTED("14"), SPEAKS},
	{"MPI_Abort: with status 0", SAYS("cmd=abort exitcode=0\n", "9"), ABORTED("0"), SPEAKS},
	{"MPI_Abort: by PMI-2", SAYS("    42cmd=abort;isworld=TRUE;msg=no;exitcode=5;", "9"),
		ABORTED("5"), SPEAKS},
	{"MPI_Abort: by PMI-2, without a status", SAYS("    29cmd=abort;isworld=TRUE;msg=no;", "9"),
		ABORTED("1"), SPEAKS},
	{"MPI_Abort: and the process goes on to exit", SAYS("cmd=abort exitcode=7\n", "-3"),
		ABORTED("7"), SPEAKS},
	{"MPI_Abort: and then SIGTERM", SAYS("cmd=abort exitcode=7\n", "15"), ABORTED("7"), SPEAKS},
	{"MPI_Abort: another command", SAYS("cmd=barrier_in\n"), LIVED("SUCCEEDED return 0"),
		SPEAKS},
	{"MPI_Abort: a longer word", SAYS("cmd=aborted\n"), LIVED("SUCCEEDED return 0"), SPEAKS},
	{"MPI_Abort: half a word", SAYS("cmd=abo"), LIVED("SUCCEEDED return 0"), SPEAKS},
	{"MPI_Abort: to another descriptor", {EXITS, "say", "8", "cmd=abort exitcode=7\n"},
		LIVED("SUCCEEDED return 0"), SPEAKS},
	{"MPI_Abort: by who has no launcher", SAYS("cmd=abort exitcode=7\n"),
		LIVED("SUCCEEDED return 0"), AS_RANK},
	{"MPI_Abort: a descriptor that is none", SAYS("cmd=abort exitcode=7\n"),
		LIVED("SUCCEEDED return 0"), .how.environment = {RANK, "PMI_FD=nine"}},
	{"MPI_Abort: through a socket of the library's own", SAYS("cmd=abort exitcode=7\n", "9"),
		ABORTED("7"), .how.environment = {"PMI_PORT=n1:1", "PMI_ID=0"}, .also = asked},
	{"MPI_Abort: the word on a pipe", {EXITS, "say_in_pipe", "9", "cmd=abort exitcode=7\n"},
		LIVED("SUCCEEDED return 0"), .how.environment = {"PMI_PORT=n1:1", "PMI_ID=0"}},
	{"MPI_Abort: a write from nowhere", {EXITS, "from_nowhere"}, LIVED("SUCCEEDED return 0"),
		SPEAKS},
};

int main(void)
{
	return run_cases("exits", exits) + run_cases("MPI_Abort", aborts);
}
