/* SPDX-License-Identifier: Apache-2.0 */
/* What a process learns of its children by waiting for them is reported, once a child. */
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
	assert_int_equal(watched->record.wait_count, 1);
}

static void two_waits(const struct run *watched)
{
	assert_int_equal(watched->record.wait_count, 2);
}

static void no_wait(const struct run *watched)
{
	assert_int_equal(watched->record.wait_count, 0);
}

static void fifty_waits(const struct run *watched)
{
	assert_int_equal(watched->record.wait_count, 50);
}

static void all_in_threads(const struct run *watched)
{
	assert_int_equal(watched->record.wait_count, 16 * 50);
}

/* Those that the jumps left alone. */
static void ten_at_the_end(const struct run *watched)
{
	const struct event_record *record = &watched->record;
	int count = 0;

	for (size_t i = 0; i < record->wait_count; i++)
		count += reported_number(record->waits[i].json, "exit.code") == 6;
	assert_int_equal(count, 10);
}

/* Who reports, of whom. */
static void by_the_root(const struct run *watched)
{
	const cJSON *wait = watched->record.waits[0].json;

	one_wait(watched);
	assert_int_equal((pid_t)reported_number(wait, "teller.pid"), watched->pid);
	assert_string_equal(reported_string(wait, "teller.comm"), "children");
	assert_int_equal((pid_t)reported_number(wait, "process.ppid"), watched->pid);
	assert_true(isnan(reported_number(wait, "signal.sender_uid")));
}

static void with_core(const struct run *watched)
{
	by_the_root(watched);
	assert_true(
		cJSON_IsTrue(reported_get(watched->record.waits[0].json, "signal.core_dumped")));
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
		{"INIT, RUNNING, INIT, RUNNING, INIT, RUNNING, FAILED return 6"}, .also = one_wait},
};

#define DID_WELL LIVED("SUCCEEDED *")
#define BASH(script)                 \
	{                            \
		"bash", "-c", script \
	}
#define DASH(script)                 \
	{                            \
		"dash", "-c", script \
	}
#define ANY         \
	{           \
		"*" \
	}

/* Each ended, and is known by who waited for it. */
static void each_is_seen(const struct run *watched)
{
	const struct event_record *record = &watched->record;

	for (size_t i = 0; i < record->count; i++)
		if (record->events[i].pid != watched->pid &&
			!reported_wait(record, record->events[i].pid))
			fail_msg("nobody told of how pid %d ended", record->events[i].pid);
}

static const struct run_case tool_cases[] = {
	{"bash: wait -n",
		BASH("for i in 7 1 4; do (sleep 0.$i; exit $i) & done; "
		     "for i in 1 2 3; do wait -n; echo $?; done"),
		DID_WELL, ANY, .also = each_is_seen},
	{"bash: a trap on CHLD",
		BASH("set -m; n=0; trap 'n=$((n+1))' CHLD; for i in 1 2 3; do (exit $i); done; "
		     "sleep 0.1 & wait; echo $((n >= 3))"),
		DID_WELL, ANY, .also = each_is_seen},
	{"bash: jobs, stopped and gone on with",
		BASH("exec 2>/dev/null; set -m; sleep 0.5 & kill -STOP %1; wait %1; echo $?; jobs;"
		     "kill -CONT %1; wait %1; echo $?"),
		DID_WELL, ANY, .also = each_is_seen},
	{"bash: kill -9 of a job", BASH("exec 2>/dev/null; sleep 9 & kill -9 $!; wait $!; echo $?"),
		DID_WELL, {"*FAILED SIGKILL killed"}, .also = each_is_seen},
	{"bash: disown", BASH("(sleep 0.1; exit 3) & disown; wait; echo $?"), DID_WELL, ANY},
	{"bash: a coprocess",
		BASH("coproc { read x; echo $x$x; exit 4; }; echo ab >&${COPROC[1]}; "
		     "read y <&${COPROC[0]}; echo $y; wait $COPROC_PID; echo $?"),
		DID_WELL, ANY},
	{"dash: jobs", DASH("for i in 1 2 3; do (exit $i) & done; wait $!; echo $?; wait; echo $?"),
		DID_WELL, ANY, .also = each_is_seen},
	{"dash: a trap and a wait",
		DASH("trap 'echo usr' USR1; (sleep 0.1; kill -USR1 $$; sleep 0.5) & wait; "
		     "echo $?; wait; echo $?"),
		DID_WELL, ANY},
	{"make -j, thirty rules, two of which fail",
		BASH("{ printf 'all:'; printf ' t%s' $(seq 30); echo; for i in $(seq 30); do "
		     "printf 't%s:\n\t@[ $$(( %s %% 15 )) != 0 ] || exit %s\n' $i $i $i; "
		     "done; } >Makefile; make -k -j4 2>&1 | sort"),
		"INIT, RUNNING*", ANY, .needs = "make"},
	{"parallel", BASH("seq 12 | parallel -j3 -k 'echo {}; exit $(({} % 3))'; echo $?"),
		"INIT, RUNNING*", ANY, .needs = "parallel", .how.timeout_s = 60,
		.how.environment = {"HOME=/nonexistent", "PARALLEL_HOME=."}},
	{"parallel --halt",
		BASH("seq 6 | parallel -j1 --halt now,fail=1 'exit $(({} / 3))'; echo $?"),
		"INIT, RUNNING*", ANY, .needs = "parallel", .how.timeout_s = 60,
		.how.environment = {"HOME=/nonexistent", "PARALLEL_HOME=."}},
	{"xargs -P", BASH("seq 20 | xargs -P 4 -n 1 sh -c 'exit $(($0 % 2))'; echo $?"), DID_WELL,
		ANY},
	{"find -exec of many",
		BASH("touch a b c; find . -name '?' -exec sh -c 'echo $0; exit 3' {} ';' | sort"),
		DID_WELL, ANY},
	{"timeout: it ends by itself", {"timeout", "9", "sh", "-c", "exit 5"}, "*FAILED * 5", ANY,
		.also = each_is_seen},
	{"timeout -k", {"timeout", "-k", "0.2", "0.2", "sh", "-c", "trap '' TERM; sleep 9 & wait"},
		"INIT, RUNNING", ANY, .unended = 3}, /* it kills its group */
	{"perl: system and wait",
		{"perl", "-e",
			"print system('exit 3') >> 8, qq(\n);"
			"$SIG{CHLD} = sub { wait; $n = $? >> 8 };"
			"if (!fork) { exit 4 } select(undef, undef, undef, 0.05) while !$n;"
			"$SIG{CHLD} = 'DEFAULT'; print $n, `echo a; exit 5`, $? >> 8, qq(\n)"},
		DID_WELL, ANY, .needs = "perl"},
	{"node: children",
		{"node", "-e",
			"c = require('child_process'); console.log(c.spawnSync('sh', ['-c', 'exit "
			"3']).status); c.exec('exit 4', e => { console.log(e.code); "
			"for (i = 0; i < 20; i++) c.spawn('sh', ['-c', 'kill -9 $$'])"
			".on('exit', (n, s) => console.log(s)) })"},
		DID_WELL, ANY, .needs = "node", .also = each_is_seen},
};

/* What the kernel has said to the parent: a status, and memory where that was asked for. */
static void assert_is(const cJSON *wait, pid_t pid, int status, long kilobytes)
{
	if (!wait)
		fail_msg("nothing is told of how pid %d ended", pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal((int)reported_number(wait, "signal.number"), WTERMSIG(status));
		assert_int_equal(
			reported_get(wait, "signal.core_dumped") != NULL, WCOREDUMP(status));
		assert_string_equal(reported_string(wait, "node_state"), "FAILED");
	} else {
		assert_int_equal((int)reported_number(wait, "exit.code"), WEXITSTATUS(status));
		assert_string_equal(reported_string(wait, "exit.how"), "wait");
	}
	if (kilobytes >= 0) /* 0: so few pages that the kernel has not summed them up */
		assert_int_equal((long)reported_number(wait, "usage.max_rss_kb"), kilobytes);
	else
		assert_null(reported_get(wait, "usage"));
	assert_null(reported_get(wait, "usage.wall_us"));
}

/* The victim says what it saw. */
static void every_end_in_a_tree_of_a_thousand_is_reported_as_its_parent_saw_it(void **state)
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
		assert_is(reported_wait(&watched.record, pid), pid, status, kilobytes);
	}
	assert_int_equal(seen, 31 + 31 * 31);
	assert_int_equal(watched.record.wait_count, seen);
	assert_every_process_ended(&watched, 0);
	run_free(&watched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(
		every_end_in_a_tree_of_a_thousand_is_reported_as_its_parent_saw_it)};

	return run_cases("waits", cases) + run_cases("waits of tools", tool_cases) +
	       cmocka_run_group_tests_name("trees", tests, NULL, NULL);
}
