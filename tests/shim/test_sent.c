/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a process sends signals to is reported, and nothing else about it is another. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define SENDS VICTIM("sends")
#define FINE LIVED("SUCCEEDED return 0")
#define TERMINATED "INIT, FAILED SIGTERM terminated"
#define BASH(script)                 \
	{                            \
		"bash", "-c", script \
	}
#define DASH(script)                 \
	{                            \
		"dash", "-c", script \
	}
#define PYTHON(script)                           \
	{                                        \
		"/usr/bin/python3", "-c", script \
	}

static const char *name_of(const struct run *watched)
{
	const char *slash = strrchr(watched->command, '/');

	return slash ? slash + 1 : watched->command;
}

static void assert_count(const struct run *watched, size_t count)
{
	char sent[256];

	if (watched->record.kill_count == count)
		return;
	for (size_t i = 0; i < watched->record.kill_count; i++) {
		reported_sent(&watched->record, watched->record.kills[i].pid, sent, sizeof sent);
		fprintf(stderr, "pid %d: %s\n", watched->record.kills[i].pid, sent);
	}
	fail_msg("%zu signals are told, %zu were to be", watched->record.kill_count, count);
}

static void assert_by_root(const struct run *watched)
{
	for (size_t i = 0; i < watched->record.kill_count; i++) {
		const cJSON *kill = watched->record.kills[i].json;

		assert_int_equal((pid_t)reported_number(kill, "teller.pid"), watched->pid);
		assert_string_equal(reported_string(kill, "teller.comm"), name_of(watched));
		assert_string_equal(reported_string(kill, "node_state"), "RUNNING");
	}
}

/* To whom: a process that ended of it, after it was sent. */
static void assert_sent(const struct run *watched, const char *what)
{
	const struct reported_event *kill = watched->record.kills;
	const cJSON *wait;
	char sent[256];

	assert_count(watched, 1);
	reported_sent(&watched->record, kill->pid, sent, sizeof sent);
	assert_string_equal(sent, what);
	assert_by_root(watched);
	wait = reported_wait(&watched->record, kill->pid);
	assert_non_null(wait);
	assert_string_equal(
		reported_string(wait, "signal.name"), reported_string(kill->json, "signal.name"));
	assert_true(reported_number(kill->json, "mono_us") <= reported_number(wait, "mono_us"));
}

static void term(const struct run *watched)
{
	assert_sent(watched, "SIGTERM");
}

static void term_to_group(const struct run *watched)
{
	assert_sent(watched, "SIGTERM to its group");
}

static void kill_alone(const struct run *watched)
{
	assert_sent(watched, "SIGKILL");
}

static void nothing(const struct run *watched)
{
	assert_count(watched, 0);
}

static void once(const struct run *watched)
{
	assert_count(watched, 1);
}

static void stop_and_kill(const struct run *watched)
{
	char sent[256];

	assert_count(watched, 2);
	reported_sent(&watched->record, watched->record.kills[0].pid, sent, sizeof sent);
	assert_string_equal(sent, "SIGSTOP, SIGKILL");
}

static void to_own_group(const struct run *watched)
{
	char sent[256];

	assert_count(watched, 1);
	assert_by_root(watched);
	reported_sent(&watched->record, watched->pid, sent, sizeof sent);
	assert_true(!strcmp(sent, "SIGTERM to its group") || !strcmp(sent, "SIGKILL to its group"));
}

static void to_all(const struct run *watched)
{
	char sent[256];

	assert_count(watched, 1);
	reported_sent(&watched->record, 1, sent, sizeof sent);
	assert_string_equal(sent, "SIGTERM to all");
}

/* The 1st, 2nd, 4th … 512th of a thousand, and the TERM behind them. */
static void eleven(const struct run *watched)
{
	assert_count(watched, 11);
}

/* So many in a process, and how many more there were. */
static void bounded(const struct run *watched)
{
	size_t most = 16384;

	assert_count(watched, most);
	assert_true(reported_number(run_end(watched), "dropped") >= 18000 - (double)most);
}

static void two_each(const struct run *watched)
{
	const struct event_record *record = &watched->record;
	char sent[256];

	assert_count(watched, 2 * 150);
	assert_by_root(watched);
	for (size_t i = 0; i < record->kill_count; i++) {
		reported_sent(record, record->kills[i].pid, sent, sizeof sent);
		assert_string_equal(sent, "SIGTERM, SIGKILL");
	}
}

/* The second child of three was dead before the first signal; the others are, before the second. */
static void one_was_dead(const struct run *watched)
{
	const struct event_record *record = &watched->record;
	size_t dead = 0;

	assert_count(watched, 6);
	for (size_t i = 0; i < record->kill_count; i++)
		if (reported_get(record->kills[i].json, "already_dead") != NULL) {
			const cJSON *wait = reported_wait(record, record->kills[i].pid);

			dead++;
			assert_true(reported_number(record->kills[i].json, "mono_us") <=
				    reported_number(record->kills[0].json, "mono_us"));
			assert_non_null(wait);
		}
	assert_int_equal(dead, 1);
}

static void none_was_dead(const struct run *watched)
{
	assert_count(watched, 1);
	assert_null(reported_get(watched->record.kills[0].json, "already_dead"));
}

static void fifty_in_eight_threads(const struct run *watched)
{
	assert_count(watched, 8 * 50);
	assert_by_root(watched);
}

static void by_the_forked_one(const struct run *watched)
{
	const struct event_record *record = &watched->record;

	assert_count(watched, 1);
	assert_int_not_equal(
		(pid_t)reported_number(record->kills[0].json, "teller.pid"), watched->pid);
	assert_string_equal(reported_string(record->kills[0].json, "teller.comm"), "sends");
}

static void of_timeout(const struct run *watched)
{
	const struct event_record *record = &watched->record;
	char sent[256];

	assert_count(watched, 2);
	assert_by_root(watched);
	reported_sent(record, watched->pid, sent, sizeof sent);
	assert_string_equal(sent, "SIGTERM to its group");
	reported_sent(
		record, record->kills[record->kills[0].pid == watched->pid].pid, sent, sizeof sent);
	assert_string_equal(sent, "SIGTERM");
}

#define BY(way, check)                                                                 \
	{                                                                              \
		"by " way, {SENDS, "by", way, "15"}, FINE, {TERMINATED}, .also = check \
	}

static const struct run_case cases[] = {
	BY("kill", term),
	BY("group", term_to_group),
	BY("killpg", term_to_group),
	BY("tgkill", term),
	BY("sigqueue", term),
	BY("pidfd", term),
	BY("call", term),
	BY("call_of_thread", term),
	BY("call_of_pidfd", term),
	{"SIGKILL", {SENDS, "by", "kill", "9"}, FINE, {"FAILED SIGKILL killed"},
		.also = kill_alone},
	{"SIGSTOP", {SENDS, "by", "kill", "19"}, FINE, {"FAILED SIGKILL killed"},
		.also = stop_and_kill},
	{"what ends nobody", {SENDS, "untold"}, FINE, {"FAILED SIGKILL killed"}, .also = once},
	{"its own group, and it lives on", {SENDS, "own_group", "15", "ignore"}, FINE, {TERMINATED},
		.also = to_own_group},
	{"its own group, and it ends", {SENDS, "own_group", "15"},
		LIVED("FAILED SIGTERM terminated"), {TERMINATED}, .also = to_own_group},
	{"SIGKILL to its own group", {SENDS, "own_group", "9"}, "INIT, RUNNING", .unended = 1,
		.also = to_own_group},
	{"a group that has no number in its pid namespace",
		{"sh", "-c", "trap '' USR1; exec unshare --pid --fork " SENDS " given_group"},
		"INIT, RUNNING*", {"*"}, .also = nothing, .needs = "unshare"},
	{"everybody", {"unshare", "--pid", "--fork", SENDS, "everybody"}, "INIT, RUNNING*", {"*"},
		.also = to_all, .needs = "unshare"},
	{"the same again and again", {SENDS, "again", "1000"}, FINE, {TERMINATED}, .also = eleven},
	{"in turn, eighteen thousand times", {SENDS, "in_turn", "18000"}, FINE, {"*"},
		.also = bounded},
	{"a launcher's: TERM to each, KILL to each", {SENDS, "launcher", "150"}, FINE, {"*"},
		.also = two_each},
	{"SIGKILL to three, one of which SIGKILL killed before", {SENDS, "kills_the_dead", "9"},
		FINE, {"*"}, .also = one_was_dead},
	{"SIGKILL to three, one of which SIGTERM killed before", {SENDS, "kills_the_dead", "15"},
		FINE, {"*"}, .also = one_was_dead},
	{"SIGKILL to one whose first thread is gone", {SENDS, "kills_the_living"}, FINE, {"*"},
		.also = none_was_dead},
	{"in a handler", {SENDS, "in_handler"}, FINE, {TERMINATED}, .also = term},
	{"of vfork's child, and of a forked one", {SENDS, "in_child"}, FINE, {"*"},
		.also = by_the_forked_one},
	{"in eight threads", {SENDS, "in_threads"}, FINE, {"*"}, .also = fifty_in_eight_threads},
};

/* It may come before the sleeper has said a word. */
#define SLEEPER "*FAILED SIGTERM terminated"

static const struct run_case tool_cases[] = {
	{"bash: kill", BASH("sleep 9 & kill $!; wait $!; echo $?"), LIVED("SUCCEEDED *"), {SLEEPER},
		.also = term},
	{"bash: kill %1", BASH("set -m; sleep 9 & kill %1; wait %1; echo $?"), LIVED("SUCCEEDED *"),
		{SLEEPER}, .also = term_to_group},
	{"bash: kill -0", BASH("sleep 0.2 & kill -0 $!; wait $!; echo $?"), LIVED("SUCCEEDED *"),
		{"INIT, *SUCCEEDED *"}, .also = nothing},
	/* Bare as well, it is by chance whether dash says "Terminated". */
	{"dash: kill", DASH("exec 2>/dev/null; sleep 9 & kill $!; wait $!; echo $?"),
		LIVED("SUCCEEDED *"), {SLEEPER}, .also = term},
	{"python: os.kill",
		PYTHON("import os, signal, subprocess as s\np = s.Popen(['sleep', '9'])\n"
		       "os.kill(p.pid, signal.SIGTERM); print(p.wait())"),
		LIVED("SUCCEEDED *"), {SLEEPER}, .also = term},
	{"python: os.killpg",
		PYTHON("import os, signal, subprocess as s\n"
		       "p = s.Popen(['sleep', '9'], start_new_session=True)\n"
		       "os.killpg(p.pid, signal.SIGTERM); print(p.wait())"),
		LIVED("SUCCEEDED *"), {SLEEPER}, .also = term_to_group},
	{"python: signal.pidfd_send_signal",
		PYTHON("import os, signal, subprocess as s\np = s.Popen(['sleep', '9'])\n"
		       "signal.pidfd_send_signal(os.pidfd_open(p.pid), signal.SIGTERM)\n"
		       "print(p.wait())"),
		LIVED("SUCCEEDED *"), {SLEEPER}, .also = term},
	{"perl: kill",
		{"perl", "-e",
			"if (!($p = fork)) { exec 'sleep', 9 } kill 'TERM', $p; wait; "
			"print $? & 127"},
		LIVED("SUCCEEDED *"), {SLEEPER}, .also = term, .needs = "perl"},
	{"node: kill",
		{"node", "-e",
			"p = require('child_process').spawn('sleep', ['9']);"
			"p.on('exit', (c, s) => console.log(s)); p.kill()"},
		LIVED("SUCCEEDED *"), {SLEEPER}, .helpers = "SUCCEEDED wait 0", .also = term,
		.needs = "node"},
	{"timeout: to its child, and to its group", {"timeout", "0.2", "sleep", "5"},
		LIVED("FAILED * 124"), {SLEEPER}, .also = of_timeout, .needs = "timeout"},
};

int main(void)
{
	return run_cases("sent", cases) + run_cases("sent by tools", tool_cases);
}
