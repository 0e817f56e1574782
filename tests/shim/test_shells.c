/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shells and the small tools around them. A fork child that is a subshell reports INIT and its end.
 */
#include "tests/support/cases.h"

#define FINE LIVED("SUCCEEDED *")
#define EXIT(code) LIVED("FAILED @(return|exit|_exit) " code)
#define BECAME(end) "INIT, RUNNING, INIT, RUNNING, " end
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

static const struct run_case cases[] = {
	{"bash: an exit code", BASH("exit 5"), EXIT("5")},
	{"dash: an exit code", DASH("exit 5"), EXIT("5")},
	{"bash: a pipeline's status is its last's", BASH("false | true; echo $?"), FINE,
		{"INIT, FAILED *1", "INIT, SUCCEEDED *0"}, .needs = "bash"},
	{"bash: pipefail", BASH("set -o pipefail; true | false | cat; echo $?"), FINE, ANY},
	{"bash: a subshell exits", BASH("(exit 3); echo $?"), FINE, {"INIT, FAILED *exit 3"}},
	{"dash: a subshell exits", DASH("(exit 3); echo $?"), FINE, {"INIT, FAILED *exit 3"}},
	{"bash: a command substitution", BASH("x=$(echo word; exit 4); echo $? $x"), FINE,
		{"INIT, FAILED *exit 4"}},
	{"bash: a trap on EXIT", BASH("trap 'echo bye' EXIT; exit 6"), EXIT("6")},
	{"bash: a trap on TERM", BASH("trap 'echo term' TERM; kill -TERM $$; exit 7"), EXIT("7")},
	{"bash: TERM to itself", BASH("kill -TERM $$; echo no"), LIVED("FAILED SIGTERM *")},
	{"bash: SEGV to itself", BASH("kill -SEGV $$; echo no"), LIVED("FAILED SIGSEGV *")},
	{"dash: TERM to itself", DASH("kill -TERM $$; echo no"), LIVED("FAILED SIGTERM *")},
	{"dash: ABRT to itself", DASH("kill -ABRT $$; echo no"), LIVED("FAILED SIGABRT *")},
	{"dash: KILL to itself", DASH("kill -9 $$"), "INIT, RUNNING", .unended = 1},
	{"bash: a child crashes", BASH(VICTIM("crashes") " null_write; echo $?"), FINE,
		{LIVED("FAILED SIGSEGV SEGV_MAPERR")}, .masks = {"line 1: +[0-9]+"}},
	{"bash: a command that is not there", BASH("/no/such/program; echo $?"), FINE,
		{"INIT, FAILED *exit 127"}},
	{"dash: a command that is not there", DASH("/no/such/program; echo $?"), FINE, ANY},
	{"bash: a program without a first line",
		BASH("printf 'exit 8\n' > x; chmod +x x; ./x; echo $?"), FINE, ANY},
	{"bash: set -e", BASH("set -e; false; echo no"), EXIT("1")},
	{"bash: background jobs", BASH("for i in 1 2 3; do (exit $i) & done; wait; echo done"),
		FINE, {"INIT, FAILED *exit 1", "INIT, FAILED *exit 2", "INIT, FAILED *exit 3"}},
	{"bash: process substitution", BASH("cat <(echo one) <(echo two)"), "INIT, RUNNING*", ANY},
	{"bash: a here document", BASH("cat <<< word"), "INIT, RUNNING*", ANY},
	{"bash: exec", BASH("exec " VICTIM("ends") " exit 3"), BECAME("FAILED exit 3")},
	{"bash: its own setenv and unsetenv",
		BASH("export A=1 B=2; unset A; env | grep -v -e ^LD_PRELOAD= -e ^VIGIL_ -e ^_= | "
		     "sort"),
		FINE, ANY},
	{"bash: without our variables",
		BASH("unset LD_PRELOAD; " VICTIM("crashes") " abort; echo $?"), FINE,
		{"FAILED SIGABRT abort"}, .masks = {"line 1: +[0-9]+"}},
	{"bash: ulimit -n 8", BASH("ulimit -n 8; exec " VICTIM("crashes") " null_write"), "*",
		.outcome_only = true},
	{"bash: ulimit -f 0", BASH("ulimit -f 0; exec " VICTIM("ends") " return 3"), "*",
		.outcome_only = true},
	{"bash: all descriptors closed", BASH("exec " VICTIM("files") " first_open <&- >&- 2>&-"),
		BECAME("FAILED return 40")},
};

static const struct run_case tool_cases[] = {
	{"timeout ends a sleep", {"timeout", "0.2", "sleep", "5"}, EXIT("124"),
		{LIVED("FAILED SIGTERM terminated")}, .needs = "timeout"},
	{"timeout -s KILL", {"timeout", "-s", "KILL", "0.2", "sleep", "5"}, "INIT, RUNNING", ANY,
		.unended = 2},
	{"timeout of what ends by itself", {"timeout", "5", VICTIM("ends"), "exit", "3"}, EXIT("3"),
		{LIVED("FAILED exit 3")}},
	{"nohup", {"nohup", VICTIM("ends"), "exit", "3"}, BECAME("FAILED exit 3")},
	{"env without a program", {"env", "/no/such/program"}, EXIT("127")},
	{"xargs", BASH("seq 6 | xargs -n 2 echo"), FINE, ANY},
	{"xargs of a crasher", BASH("echo null_write | xargs " VICTIM("crashes")), "INIT, RUNNING*",
		ANY},
	{"find -exec", {"find", SCRIPT(""), "-name", "*.py", "-exec", "basename", "{}", ";"}, FINE,
		ANY},
	{"a writer without reader", BASH("yes | head -2"), FINE, ANY},
	{"sort of much", BASH("seq 100000 | sort -rn | tail -1"), FINE, ANY},
	{"tar and gzip", BASH("seq 9 > f; tar czf f.tgz f && tar tzf f.tgz && gzip -t f.tgz"),
		"INIT, RUNNING*", ANY},
	{"sed, awk, grep", BASH("seq 9 | sed s/1/x/ | awk '{print $1 \"!\"}' | grep -v 3"), FINE,
		ANY},
	{"perl: die", {"perl", "-e", "die qq(no\\n)"}, LIVED("FAILED *"), .needs = "perl"},
	{"perl: exit", {"perl", "-e", "exit 3"}, EXIT("3"), .needs = "perl"},
	{"perl: kill", {"perl", "-e", "kill TERM => $$; sleep 5"}, LIVED("FAILED SIGTERM *"),
		.needs = "perl"},
	{"perl: fork", {"perl", "-e", "if (!fork) { exit 4 } wait; print $? >> 8"}, FINE,
		{"INIT, FAILED exit 4"}, .needs = "perl"},
	{"perl: its own handler",
		{"perl", "-e", "$SIG{TERM} = sub { print q(t); exit 2 }; kill 15, $$"}, EXIT("2"),
		.needs = "perl"},
	{"perl: the environment is its own",
		{"perl", "-e",
			"$ENV{X} = 1; delete $ENV{HOME}; "
			"print `env | grep -c -e ^X= -e ^HOME=`"},
		FINE, ANY, .needs = "perl"},
};

int main(void)
{
	return run_cases("shells", cases) + run_cases("tools", tool_cases);
}
