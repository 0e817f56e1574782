/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Situations that wrappers tend to break: sandboxes, locks that are held, lost stacks, all ends at
 * once.
 */
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/in_child.h"

#define HARD VICTIM("hard")
#define CRASHED LIVED("FAILED SIGSEGV SEGV_MAPERR")
#define FINE LIVED("SUCCEEDED return 0")

static void has_junk_and_caller(const struct run *watched)
{
	const char *trace = reported_string(run_end(watched), "error_trace");

	assert_non_null(strstr(trace, "#0  0x1234"));
	assert_non_null(strstr(trace, "#1  jump_to_nonsense+"));
}

static void code_is_queue(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "signal.code_name"), "SI_QUEUE");
	assert_int_equal(
		(pid_t)reported_number(run_end(watched), "signal.sender_pid"), watched->pid);
}

static void nobody_sent_it(const struct run *watched)
{
	assert_null(reported_get(run_end(watched), "signal.sender_pid"));
}

static const struct run_case cases[] = {
	{"a sandbox without open: a return", {HARD, "forbid_open", "return"}, .outcome_only = true},
	{"a sandbox without open: _exit", {HARD, "forbid_open", "_exit"}, .outcome_only = true},
	{"a sandbox without open: a crash", {HARD, "forbid_open", "crash"}, .outcome_only = true},
	{"a sandbox without open: SIGTERM", {HARD, "forbid_open", "term"}, .outcome_only = true},
	{"a sandbox without links: torchrun's error file is left out",
		{"sh", "-c",
			"RANK=0 WORLD_SIZE=1 TORCHELASTIC_ERROR_FILE=$PWD/error "
			"exec " VICTIM("hard") " forbid_links return"},
		"INIT, RUNNING, INIT, RUNNING, FAILED return 3"},
	{"a sandbox without links: a crash", {HARD, "forbid_links", "crash"}, "INIT, RUNNING*"},
	{"a sandbox of four calls: a return", {HARD, "forbid_most", "return"},
		.outcome_only = true},
	{"a sandbox of four calls: _exit", {HARD, "forbid_most", "_exit"}, .outcome_only = true},
	{"a sandbox of four calls: a crash", {HARD, "forbid_most", "crash"}, .outcome_only = true},
	{"a crash on the smallest of stacks", {HARD, "small_thread"}, CRASHED},
	{"a crash inside dlopen", {HARD, "crash_in_dlopen"}, CRASHED, .how.timeout_s = 10},
	{"a crash beside dlopen and dlclose", {HARD, "crash_beside_dlopen"}, CRASHED,
		.how.timeout_s = 10},
	{"a crash beside malloc", {HARD, "crash_beside_malloc"}, CRASHED, .how.timeout_s = 10},
	{"a lost stack pointer", {HARD, "lose_stack"}, LIVED("FAILED SIGSEGV *")},
	{"a stack full of nonsense", {HARD, "smashed_stack"}, CRASHED},
	{"a jump to nonsense", {HARD, "jump_to_nonsense"}, CRASHED, .also = has_junk_and_caller},
	{"a crash in a host's handler", {HARD, "crash_in_handler"}, CRASHED},
	{"exit in a host's handler", {HARD, "exit_in_handler"}, LIVED("FAILED exit 15")},
	{"a crash where nothing may be cloned", {VICTIM("crashes"), "null_write"}, CRASHED,
		.how = {.in_child = become_loner_without_processes, .lend = true}},
	{"12 MiB of memory: a return", {VICTIM("ends"), "return", "3"}, LIVED("FAILED return 3"),
		.how.in_child = little_memory},
	{"12 MiB of memory: a crash", {VICTIM("crashes"), "null_write"}, CRASHED,
		.how.in_child = little_memory},
	{"a queued signal", {HARD, "queue", "10"}, LIVED("FAILED SIGUSR1 terminated"),
		.also = code_is_queue},
	{"a queued SIGSEGV", {HARD, "queue", "11"}, LIVED("FAILED SIGSEGV *"),
		.also = code_is_queue},
	{"a queued real-time signal", {HARD, "queue", "50"}, LIVED("FAILED SIGRTM* terminated")},
	{"an alarm", {HARD, "alarm"}, LIVED("FAILED SIGALRM terminated"), .also = nobody_sent_it},
	{"a broken pipe", {HARD, "broken_pipe"}, LIVED("FAILED SIGPIPE *")},
};

static const struct run_case process_cases[] = {
	{"four threads fork 50 times each", {HARD, "fork_in_threads", "50"}, FINE, {"*"}},
	{"exec in a second thread is the same process",
		{HARD, "exec_in_thread", VICTIM("ends"), "exit", "3"},
		"INIT, RUNNING, INIT, RUNNING, FAILED exit 3"},
	/* daemon() ends the parent inside libc, where nobody is asked: that end is its waiter's to
	   report. */
	{"a daemon outlives its parent", {HARD, "daemon", "return"}, "INIT, RUNNING",
		{"INIT, FAILED return 3"}, .unended = 1},
	{"a daemon crashes", {HARD, "daemon", "crash"}, "INIT, RUNNING",
		{"INIT, FAILED SIGSEGV SEGV_MAPERR"}, .unended = 1},
	{"there is no child to wait for", {HARD, "no_child_to_wait_for"}, FINE},
	{"a new user namespace", {HARD, "new_user_namespace", "crash"}, CRASHED},
	/* Its parent knows it by another number than it does itself. */
	{"the first process of a pid namespace returns",
		{"unshare", "--pid", "--fork", VICTIM("ends"), "return", "3"}, LIVED("FAILED * 3"),
		{LIVED("FAILED return 3"), "FAILED wait 3"}, .needs = "unshare"},
	{"the first process of a pid namespace crashes",
		{"unshare", "--pid", "--fork", VICTIM("crashes"), "null_write"}, "INIT, RUNNING*",
		{CRASHED, "FAILED SIGSEGV "}, .needs = "unshare"},
	{"the first process of a pid namespace raises SIGTERM",
		{"unshare", "--pid", "--fork", VICTIM("crashes"), "raise", "15"},
		LIVED("SUCCEEDED * 0"), {FINE, "SUCCEEDED wait 0"}, .needs = "unshare"},
	{"the first process of a pid namespace raises SIGSEGV",
		{"unshare", "--pid", "--fork", VICTIM("crashes"), "raise", "11"},
		LIVED("SUCCEEDED * 0"), {FINE, "SUCCEEDED wait 0"}, .needs = "unshare"},
	{"the first process of a pid namespace aborts",
		{"unshare", "--pid", "--fork", VICTIM("crashes"), "abort"}, "INIT, RUNNING*",
		{"INIT, RUNNING, FAILED *", "FAILED SIGSEGV "}, .needs = "unshare"},
	{"a static program is left alone", {VICTIM("static/ends"), "return", "3"}},
	{"a static child is left alone: its parent tells",
		{VICTIM("children"), "spawn", VICTIM("static/ends"), "exit", "3"}, FINE,
		{"FAILED wait 3"}},
	{"what becomes a static program cannot tell its end",
		{VICTIM("children"), "exec", "0", VICTIM("static/ends"), "exit", "3"},
		"INIT, RUNNING", .unended = 1},
	{"strace of a crash", {"strace", "-f", "-o", "/dev/null", VICTIM("crashes"), "null_write"},
		"INIT, RUNNING*", {CRASHED}, .needs = "strace",
		/* by which it tries what the kernel can do */
		.helpers = "@(FAILED SIGKILL killed|SUCCEEDED wait 0)"},
	{"gdb of a crash",
		{"gdb", "-batch", "-nx", "-ex", "run", "-ex", "bt 3", "--args", VICTIM("crashes"),
			"null_write"},
		.needs = "gdb", .outcome_only = true, .masks = {"0x[0-9a-f]+", "process [0-9]+"}},
	{"stdbuf, which preloads as well", {"stdbuf", "-o0", VICTIM("ends"), "_exit", "3"},
		"INIT, RUNNING, INIT, RUNNING, FAILED _exit 3", .needs = "stdbuf"},
	{"a directory that is gone",
		{"sh", "-c", "mkdir d; cd d; rmdir ../d; exec " VICTIM("ends") " return 3"},
		"INIT, RUNNING, INIT, RUNNING, FAILED return 3", {"*"}},
	{"very many arguments", {"bash", "-c", "exec " VICTIM("ends") " return 3 $(seq 30000)"},
		"INIT, RUNNING, INIT, RUNNING, FAILED return 3", {"*"}},
	{"arguments that are no text",
		{"bash", "-c",
			"exec -a $'\\xff\\x01\"\\\\\\n' " VICTIM(
				"ends") " return 3 $'\\xc3\\xa9\\xff' ''"},
		"INIT, RUNNING, INIT, RUNNING, FAILED return 3"},
	{"a name that is no text",
		{"bash", "-c",
			"cp " VICTIM("ends") " $'a.b \"\\xff\\n:x'; exec "
					     "./$'a.b \"\\xff\\n:x' return 3"},
		"INIT, RUNNING, INIT, RUNNING, FAILED return 3", {"*"}},
	{"no argument at all", {"bash", "-c", "exec -a '' " VICTIM("ends")},
		"INIT, RUNNING, INIT, RUNNING, FAILED return 99"},
};

/*
 * Which end it is, is a race of the host's own; ours is to report the one that it was. A crash may
 * overrule an exit that was reported before it.
 */
static void three_ends_at_once_are_reported_as_they_were(void **state)
{
	const char *const command[] = {HARD, "three_ends", NULL};
	struct run watched;

	(void)state;
	for (int i = 0; i < 100; i++) {
		run_watched(&watched, NULL, command);
		assert_false(watched.timed_out);
		assert_events(&watched,
			"INIT, RUNNING, @(FAILED @(exit|_exit) [37]|FAILED SIGSEGV SEGV_MAPERR|"
			"FAILED @(exit|_exit) [37], FAILED SIGSEGV SEGV_MAPERR)");
		assert_true_end(&watched);
		run_free(&watched);
	}
}

/* glibc lets the second caller of exit() go past the first, which is still at work. */
static void eight_threads_exit_at_once_is_reported(void **state)
{
	const char *const command[] = {VICTIM("ends"), "exit_in_many_threads", NULL};
	struct run watched;

	(void)state;
	for (int i = 0; i < 100; i++) {
		run_watched(&watched, NULL, command);
		assert_events(&watched, "INIT, RUNNING, FAILED exit 3");
		assert_true_end(&watched);
		run_free(&watched);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_ends_at_once_are_reported_as_they_were),
		cmocka_unit_test(eight_threads_exit_at_once_is_reported)};

	return run_cases("hard", cases) + run_cases("hard on processes", process_cases) +
	       cmocka_run_group_tests_name("races", tests, NULL, NULL);
}
