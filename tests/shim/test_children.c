/* SPDX-License-Identifier: Apache-2.0 */
/* Every process that is made reports its own life once, and its parent's is not disturbed. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define CHILDREN VICTIM("children")
#define ENDS VICTIM("ends")
#define FINE LIVED("SUCCEEDED return 0")
#define TWICE(end) "INIT, RUNNING, INIT, RUNNING, " end

/* The child knows its father. */
static void has_parent(const struct run *watched)
{
	const struct event_record *record = &watched->record;

	for (size_t i = 0; i < record->count; i++)
		if (record->events[i].pid != watched->pid)
			assert_int_equal(
				(pid_t)reported_number(record->events[i].json, "process.ppid"),
				watched->pid);
}

/* The kernel counts from the boot, so that one process keeps its start over every exec. */
static void is_one_process(const struct run *watched)
{
	const struct event_record *record = &watched->record;
	double start = reported_number(record->events[0].json, "process.start_ticks");

	assert_false(isnan(start));
	for (size_t i = 0; i < record->count; i++)
		assert_true(
			reported_number(record->events[i].json, "process.start_ticks") == start);
}

static void assert_failed_exec(const cJSON *end, const char *path, int number)
{
	assert_non_null(end);
	assert_string_equal(reported_string(end, "cause"), "exec_failed");
	assert_string_equal(reported_string(end, "exec.path"), path);
	assert_int_equal((int)reported_number(end, "exec.number"), number);
}

/* The only child's end, which it reported itself if IT is true, else its parent. */
static const cJSON *end_of_child(const struct run *watched, bool itself)
{
	const struct event_record *record = &watched->record;

	for (size_t i = 0; i < record->count; i++)
		if (record->events[i].pid != watched->pid &&
			reported_is_end(record->events[i].json))
			return record->events[i].json;
	for (size_t i = 0; i < record->wait_count && !itself; i++)
		return record->waits[i].json;
	return NULL;
}

static void child_says_what_it_could_not_start(const struct run *watched)
{
	assert_failed_exec(end_of_child(watched, true), "/no/such/program", ENOENT);
}

static void parent_says_what_its_child_could_not_start(const struct run *watched)
{
	assert_failed_exec(end_of_child(watched, false), "/no/such/program", ENOENT);
}

static void nothing_is_there(const struct run *watched)
{
	assert_failed_exec(run_end(watched), "/no/such/program", ENOENT);
	assert_null(reported_get(run_end(watched), "exec.file"));
	assert_non_null(strstr(reported_string(run_end(watched), "message"),
		"could not start /no/such/program: No such file or directory"));
}

static void may_not_be_run(const struct run *watched)
{
	assert_failed_exec(run_end(watched), "/etc/passwd", EACCES);
}

static void is_a_directory(const struct run *watched)
{
	assert_failed_exec(run_end(watched), "/etc", EACCES);
	assert_string_equal(reported_string(run_end(watched), "exec.file"), "directory");
}

static void child_was_started(const struct run *watched)
{
	assert_int_equal(watched->record.wait_count, 1);
	assert_null(reported_get(watched->record.waits[0].json, "exec"));
	assert_null(reported_get(end_of_child(watched, true), "exec"));
}

static void was_not_exec(const struct run *watched)
{
	assert_null(reported_get(run_end(watched), "exec"));
}

static void thousand_waits(const struct run *watched)
{
	const struct event_record *record = &watched->record;

	assert_int_equal(record->wait_count, 1000);
	for (size_t i = 0; i < record->count; i++)
		assert_true(record->events[i].pid == watched->pid ||
			    reported_wait(record, record->events[i].pid) != NULL);
}

static const struct run_case fork_cases[] = {
	{"a fork child exits", {CHILDREN, "fork_exit", "3"}, FINE, {"INIT, FAILED exit 3"},
		.also = has_parent},
	{"a fork child _exits", {CHILDREN, "fork__exit", "4"}, FINE, {"INIT, FAILED _exit 4"}},
	{"a fork child _exits 0", {CHILDREN, "fork__exit", "0"}, FINE, {"INIT, SUCCEEDED _exit 0"}},
	{"a fork child returns from main", {CHILDREN, "fork_return", "5"}, FINE,
		{"INIT, FAILED return 5"}},
	{"a fork child crashes, its parent does not", {CHILDREN, "fork_crash"}, FINE,
		{"INIT, FAILED SIGSEGV SEGV_MAPERR"}, .also = has_parent},
	{"a fork child crashes, then its parent", {CHILDREN, "fork_crash_both"},
		LIVED("FAILED SIGSEGV SEGV_MAPERR"), {"INIT, FAILED SIGSEGV SEGV_MAPERR"}},
	{"a fork child is terminated by its parent", {CHILDREN, "fork_kill", "15"}, FINE,
		{"INIT, FAILED SIGTERM terminated"}},
	{"a fork child is killed: its parent tells", {CHILDREN, "fork_kill", "9"}, FINE,
		{"FAILED SIGKILL killed"}},
	{"children that are killed, waited for in every way", {CHILDREN, "wait_in_every_way", "9"},
		FINE,
		{"FAILED SIGKILL killed", "FAILED SIGKILL killed", "FAILED SIGKILL killed",
			"FAILED SIGKILL killed", "FAILED SIGKILL killed", "FAILED SIGKILL killed",
			"FAILED SIGKILL killed"}},
	{"children that are ended by TERM, waited for in every way",
		{CHILDREN, "wait_in_every_way", "15"}, FINE, {"*"}},
	{"five generations", {CHILDREN, "fork_deep", "4"}, FINE,
		{"INIT, FAILED return 1", "INIT, FAILED return 2", "INIT, FAILED return 3",
			"INIT, FAILED return 4"}},
	{"a hundred fork children", {CHILDREN, "fork_many", "100"}, FINE, {"*"}},
	{"a fork child execs", {CHILDREN, "fork_exec", ENDS, "return", "7"}, FINE,
		{LIVED("FAILED return 7")}, .also = has_parent},
	{"a fork child execs in vain", {CHILDREN, "fork_exec", "/no/such/program"}, FINE,
		{"INIT, FAILED _exit 127"}, .also = child_says_what_it_could_not_start},
	{"a child of _Fork()", {CHILDREN, "fork_only", "6"}, FINE, {"INIT, FAILED _exit 6"}},
	{"a child of the raw system call", {CHILDREN, "raw_fork_exit", "6"}, FINE,
		{"INIT, FAILED _exit 6"}},
};

static const struct run_case spawn_cases[] = {
	{"a vfork child execs", {CHILDREN, "vfork_exec", ENDS, "return", "7"}, FINE,
		{LIVED("FAILED return 7")}},
	{"a vfork child execs in vain, then another program",
		{CHILDREN, "vfork_walks", ENDS, "return", "7"}, FINE, {LIVED("FAILED return 7")},
		.also = child_was_started},
	{"a vfork child execs in vain: its parent tells", {CHILDREN, "vfork_nowhere"}, FINE,
		{"FAILED wait 127"}, .also = parent_says_what_its_child_could_not_start},
	{"a thousand vfork children _exit: they say nothing", {CHILDREN, "vfork_many", "1000"},
		FINE, {"*"}, .also = thousand_waits},
	{"posix_spawn", {CHILDREN, "spawn", ENDS, "exit", "3"}, FINE, {LIVED("FAILED exit 3")}},
	{"posix_spawn of nothing", {CHILDREN, "spawn", "/no/such/program"}, FINE},
	{"pidfd_spawn", {CHILDREN, "spawn_pidfd", ENDS, "exit", "3"}, FINE,
		{LIVED("FAILED exit 3")}},
	{"pidfd_spawn of a crasher", {CHILDREN, "spawn_pidfd", VICTIM("crashes"), "null_write"},
		FINE, {LIVED("FAILED SIGSEGV SEGV_MAPERR")}},
	{"pidfd_spawn of nothing", {CHILDREN, "spawn_pidfd", "/no/such/program"}, FINE},
	{"system()", {CHILDREN, "system", "exit 5"}, FINE, {LIVED("FAILED *exit 5")}},
	{"system() of a crasher", {CHILDREN, "system", "exec " VICTIM("crashes") " null_write"},
		FINE, {TWICE("FAILED SIGSEGV SEGV_MAPERR")}},
	{"popen()", {CHILDREN, "popen", "echo word; exit 6"}, FINE, {LIVED("FAILED *exit 6")}},
	{"exec in vain, then a return", {CHILDREN, "exec", "0", "/no/such/program"},
		LIVED("FAILED return 4"), .also = nothing_is_there},
	{"execveat in vain, then a return", {CHILDREN, "exec", "7", "/no/such/program"},
		LIVED("FAILED return 4"), .also = nothing_is_there},
	{"exec of what cannot be run", {CHILDREN, "exec", "0", "/etc/passwd"},
		LIVED("FAILED return 4"), .also = may_not_be_run},
	{"exec of a directory", {CHILDREN, "exec", "1", "/etc"}, LIVED("FAILED return 4"),
		.also = is_a_directory},
	{"exec in vain, then a child", {CHILDREN, "exec_goes_on", "waits"},
		LIVED("FAILED return 4"), {"INIT, SUCCEEDED _exit 0"}, .also = was_not_exec},
	{"exec in vain, then a second of life", {CHILDREN, "exec_goes_on", "sleeps"},
		LIVED("FAILED return 4"), .also = was_not_exec},
	{"exec in vain, then success", {CHILDREN, "exec_goes_on", "succeeds"},
		LIVED("SUCCEEDED return 0"), .also = was_not_exec},
	{"exec in vain, then abort()", {CHILDREN, "exec_goes_on", "aborts"},
		LIVED("FAILED SIGABRT exec_failed"), .also = nothing_is_there},
	{"exec in vain, and nobody reads of it", {CHILDREN, "exec_goes_on", "tells"},
		LIVED("FAILED SIGPIPE exec_failed"), .also = nothing_is_there},
	{"exec in vain, then a fault", {CHILDREN, "exec_goes_on", "faults"},
		LIVED("FAILED SIGSEGV SEGV_MAPERR"), .also = was_not_exec},
	{"a chain of execs is one process", {CHILDREN, "exec_chain", "3"},
		"INIT, RUNNING, INIT, RUNNING, INIT, RUNNING, INIT, RUNNING, FAILED return 6",
		.also = is_one_process},
};

#define EXECS(name, number)                                                                  \
	{                                                                                    \
		name, {CHILDREN, "exec", number, ENDS, "exit", "3"}, TWICE("FAILED exit 3"), \
			.also = is_one_process                                               \
	}

static const struct run_case exec_cases[] = {
	EXECS("execv", "0"),
	EXECS("execve", "1"),
	EXECS("execvp", "2"),
	EXECS("execl", "3"),
	EXECS("execlp", "4"),
	EXECS("execle", "5"),
	EXECS("execvpe", "6"),
	EXECS("execveat", "7"),
};

int main(void)
{
	return run_cases("fork", fork_cases) + run_cases("spawn", spawn_cases) +
	       run_cases("exec", exec_cases);
}
