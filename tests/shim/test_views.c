/* SPDX-License-Identifier: Apache-2.0 */
/* What a program can see of itself is as without us. */
#include <signal.h>

#include "tests/support/cases.h"

#define VIEW VICTIM("view")
#define FINE LIVED("SUCCEEDED return 0")

static const struct run_case cases[] = {
	{"dispositions at the start", {VIEW, "actions"}, FINE},
	{"signal()", {VIEW, "signal"}, FINE},
	{"ssignal()", {VIEW, "ssignal"}, FINE},
	{"bsd_signal()", {VIEW, "bsd_signal"}, FINE},
	{"sysv_signal()", {VIEW, "sysv_signal"}, FINE},
	{"sigset(), sigignore()", {VIEW, "sigset"}, FINE},
	{"siginterrupt()", {VIEW, "siginterrupt"}, FINE},
	{"sigaction() with every flag", {VIEW, "sigactions"}, FINE},
	{"old dispositions are put back and work", {VIEW, "save_and_restore"},
		LIVED("FAILED SIGTERM *")},
	{"an alternate stack of the host's", {VIEW, "own_stack"}, FINE},
	{"no alternate stack in a thread", {VIEW, "stack_in_thread"}, FINE},
	{"the signal mask", {VIEW, "mask"}, FINE},
	{"descriptors", {VIEW, "descriptors"}, FINE},
	{"descriptors without stdin", {VIEW, "descriptors"}, FINE, .how.stdin_from = STDIN_CLOSED},
	{"threads and children", {VIEW, "tasks"}, FINE},
	{"resource limits", {VIEW, "limits"}, FINE},
	{"the environment, but for the variables of the watch", {VIEW, "environment"}, FINE},
	{"dispositions after exec", {"/bin/sh", "-c", "exec " VIEW " actions"},
		"INIT, RUNNING, INIT, RUNNING, SUCCEEDED return 0"},
	{"what is ignored as the program begins",
		{"/bin/sh", "-c", "trap '' TERM USR1 SEGV; exec " VIEW " actions"},
		"INIT, RUNNING, INIT, RUNNING, SUCCEEDED return 0"},
	{"the mask and dispositions of a spawned child",
		{VICTIM("children"), "spawn", VIEW, "actions"}, FINE,
		{"INIT, RUNNING, SUCCEEDED return 0"}},
};

int main(void)
{
	return run_cases("views", cases);
}
