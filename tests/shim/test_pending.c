/* SPDX-License-Identifier: Apache-2.0 */
/* A signal that was sent is reported, whatever the sender does next, and is not in the way of that.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define PENDING VICTIM("pending")

static size_t count_reported(const struct run *watched)
{
	size_t count = 0;

	for (size_t i = 0; i < watched->record.kill_count; i++) {
		const cJSON *kill = watched->record.kills[i].json;

		count += (pid_t)reported_number(kill, "teller.pid") == watched->pid &&
			 !reported_get(kill, "to_group") &&
			 strcmp(reported_string(kill, "signal.name"), "SIGTERM") == 0;
	}
	return count;
}

static void once(const struct run *watched)
{
	assert_int_equal(count_reported(watched), 1);
}

/* More than are kept. */
static void eleven_hundred(const struct run *watched)
{
	assert_int_equal(count_reported(watched), 1100);
}

#define THEN(what)                                                                     \
	{                                                                              \
		"then " what, {PENDING, "then", what}, ANY_LIFE, .outcome_only = true, \
								 .also = once          \
	}
static const struct run_case end_cases[] = {
	THEN("_exit"),
	THEN("exit"),
	THEN("quick_exit"),
	THEN("abort"),
	THEN("fault"),
	THEN("overflow"),
	THEN("term"),
	THEN("term_to_own_group"),
	THEN("call_exit_group"),
	THEN("kill"),
	THEN("kill_own_group"),
	THEN("tgkill"),
	THEN("sigqueue"),
	THEN("raise"),
	THEN("call_kill"),
	THEN("call_tgkill"),
	THEN("filter"),
	{"eleven hundred, then SIGKILL to itself", {VICTIM("sends_twice"), "many", "1100"},
		ANY_LIFE, .outcome_only = true, .also = eleven_hundred},
};

static const struct run_case exec_cases[] = {
	THEN("execve"),
	THEN("execv"),
	THEN("execvp"),
	THEN("execvpe"),
	THEN("fexecve"),
	THEN("execveat"),
	THEN("call_execveat"),
	THEN("execl"),
	THEN("execlp"),
	THEN("execle"),
	THEN("call_execve"),
	THEN("exec_after_vfork"),
	THEN("exec_fails"),
	{"dash becomes what comes last", {"dash", "-c", "sleep 60 & kill $!; exec sleep 0.1"},
		ANY_LIFE, .outcome_only = true, .also = once, .needs = "dash"},
	{"bash becomes what comes last", {"bash", "-c", "sleep 60 & kill $!; exec sleep 0.1"},
		ANY_LIFE, .outcome_only = true, .also = once, .needs = "bash"},
};

/* And is killed while it waits. */
static const struct run_case wait_cases[] = {
	THEN("ask"),
	THEN("poll"),
	THEN("ppoll"),
	THEN("select"),
	THEN("pselect"),
	THEN("epoll_wait"),
	THEN("epoll_pwait"),
	THEN("epoll_pwait2"),
	THEN("call_epoll_pwait2"),
	THEN("nanosleep"),
	THEN("clock_nanosleep"),
	THEN("sleep"),
	THEN("usleep"),
	THEN("pause"),
	THEN("sigsuspend"),
	THEN("sigwait"),
	THEN("sigwaitinfo"),
	THEN("sigtimedwait"),
	THEN("read"),
	THEN("read_chk"),
	THEN("poll_chk"),
	THEN("ppoll_chk"),
	THEN("futex"),
	THEN("wait"),
	THEN("waitpid"),
	THEN("waitid"),
	THEN("another_thread"),
	{"a vfork child waits meanwhile", {PENDING, "in_child", "vfork"}, ANY_LIFE,
		.outcome_only = true, .also = once},
	{"a forked child waits meanwhile", {PENDING, "in_child"}, ANY_LIFE, .outcome_only = true,
		.also = once},
};

int main(void)
{
	return run_cases("sent, then the end", end_cases) +
	       run_cases("sent, then another program", exec_cases) +
	       run_cases("sent, then a wait", wait_cases);
}
