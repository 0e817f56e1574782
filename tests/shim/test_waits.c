/* SPDX-License-Identifier: Apache-2.0 */
/* What a process learns of its children by waiting for them is told, once a child. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define WAITS VICTIM("waits")
#define CHILDREN VICTIM("children")
#define FINE LIVED("SUCCEEDED return 0")
#define FORKED(end) "INIT, " end

static void one_wait(const struct run *watched)
{
	assert_int_equal(watched->told.wait_count, 1);
}

static void two_waits(const struct run *watched)
{
	assert_int_equal(watched->told.wait_count, 2);
}

static void no_wait(const struct run *watched)
{
	assert_int_equal(watched->told.wait_count, 0);
}

static void fifty_waits(const struct run *watched)
{
	assert_int_equal(watched->told.wait_count, 50);
}

static void all_in_threads(const struct run *watched)
{
	assert_int_equal(watched->told.wait_count, 16 * 50);
}

/* Those that the jumps left alone. */
static void ten_at_the_end(const struct run *watched)
{
	const struct told *told = &watched->told;
	int count = 0;

	for (size_t i = 0; i < told->wait_count; i++)
		count += told_number(told->waits[i].json, "exit.code") == 6;
	assert_int_equal(count, 10);
}

/* Who tells, of whom. */
static void by_the_root(const struct run *watched)
{
	const cJSON *wait = watched->told.waits[0].json;

	one_wait(watched);
	assert_int_equal((pid_t)told_number(wait, "teller.pid"), watched->pid);
	assert_string_equal(told_string(wait, "teller.comm"), "children");
	assert_int_equal((pid_t)told_number(wait, "process.ppid"), watched->pid);
	assert_true(isnan(told_number(wait, "signal.sender_uid")));
}

static void with_core(const struct run *watched)
{
	by_the_root(watched);
	assert_true(cJSON_IsTrue(told_get(watched->told.waits[0].json, "signal.core_dumped")));
}

static const struct run_case cases[] = {
	{"nothing is told of what is no end", {WAITS, "no_ends"}, FINE, {"FAILED SIGKILL killed"},
		.also = one_wait},
	{"a child behind a descriptor", {WAITS, "pidfd"}, FINE, {FORKED("FAILED _exit 4")},
		.also = one_wait},
	{"children that nobody waits for", {WAITS, "nobody_waits"}, FINE,
		{FORKED("SUCCEEDED _exit 0")}, .also = no_wait},
	{"a wait that is interrupted", {WAITS, "interrupted"}, FINE,
		{FORKED("FAILED SIGTERM terminated")}, .also = one_wait},
	{"a handler that waits, too", {WAITS, "in_handler", "50"}, FINE, {"*"},
		.also = fifty_waits},
	{"sixteen threads that wait at once", {WAITS, "in_threads", "50"}, FINE, {"*"},
		.also = all_in_threads},
	{"a handler that jumps away", {WAITS, "jumps"}, FINE, {"*"}, .also = ten_at_the_end},
	{"a vfork child that waits", {WAITS, "in_vfork"}, FINE,
		{FORKED("FAILED _exit 2"), "FAILED wait 1"}, .also = two_waits},
	{"a thread that is cancelled while it waits", {WAITS, "cancelled"}, FINE,
		{FORKED("FAILED SIGTERM terminated")}, .also = one_wait},
	{"a debugger's wait tells nothing", {WAITS, "any_task"}, FINE, {FORKED("FAILED _exit 2")},
		.also = no_wait},
	{"the parent is who tells", {CHILDREN, "fork_exit", "3"}, FINE, {FORKED("FAILED exit 3")},
		.also = by_the_root},
	{"the core that a child left", {CHILDREN, "fork_crash"}, FINE,
		{FORKED("FAILED SIGSEGV SEGV_MAPERR")}, .how.core = true, .also = with_core},
	{"a child that became three programs ended once",
		{CHILDREN, "fork_exec", CHILDREN, "exec_chain", "2"}, FINE,
		{"INIT, RUNNING, INIT, RUNNING, INIT, RUNNING, FAILED return 6"},
		.also = one_wait},
};

/* What the kernel has said to the parent: a status, and memory where that was asked for. */
static void assert_is(const cJSON *wait, pid_t pid, int status, long kilobytes)
{
	if (!wait)
		fail_msg("nothing is told of how pid %d ended", pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal((int)told_number(wait, "signal.number"), WTERMSIG(status));
		assert_int_equal(told_get(wait, "signal.core_dumped") != NULL, WCOREDUMP(status));
		assert_string_equal(told_string(wait, "node_state"), "FAILED");
	} else {
		assert_int_equal((int)told_number(wait, "exit.code"), WEXITSTATUS(status));
		assert_string_equal(told_string(wait, "exit.how"), "wait");
	}
	if (kilobytes > 0)
		assert_int_equal((long)told_number(wait, "usage.max_rss_kb"), kilobytes);
	else
		assert_null(told_get(wait, "usage"));
	assert_null(told_get(wait, "usage.wall_us"));
}

/* The victim says what it saw. */
static void every_end_in_a_tree_of_a_thousand_is_told_as_its_parent_saw_it(void **state)
{
	const char *const command[] = {WAITS, "tree", "31", "31", NULL};
	const struct run_how how = {.timeout_s = 60};
	struct run watched;
	size_t seen = 0;
	char *line;

	(void)state;
	run_watched(&watched, &how, command);
	assert_false(watched.timed_out);
	line = watched.out.data;
	for (char *end; line && (end = strchr(line, '\n')); line = end + 1, seen++) {
		long kilobytes = 0;
		pid_t pid = 0;
		int status = 0;

		assert_int_equal(sscanf(line, "%d %d %ld", &pid, &status, &kilobytes), 3);
		assert_is(told_wait(&watched.told, pid), pid, status, kilobytes);
	}
	assert_int_equal(seen, 31 + 31 * 31);
	assert_int_equal(watched.told.wait_count, seen);
	assert_every_process_ended(&watched, 0);
	run_free(&watched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_end_in_a_tree_of_a_thousand_is_told_as_its_parent_saw_it)};

	return run_cases("waits", cases) + cmocka_run_group_tests_name("trees", tests, NULL, NULL);
}
