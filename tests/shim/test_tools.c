/* SPDX-License-Identifier: Apache-2.0 */
/* Larger programs: compilers, make, git, gdb. */
#include "tests/support/cases.h"

#define FINE LIVED("SUCCEEDED *")
#define SHELL(script)              \
	{                          \
		"sh", "-c", script \
	}
#define ANY         \
	{           \
		"*" \
	}
#define ADDRESSES "0x[0-9a-f]+"

static const struct run_case build_cases[] = {
	{"gcc: a program",
		SHELL("gcc -c -o p.o " SCRIPT("project/part.c") " && gcc -o p p.o " SCRIPT(
			"project/main.c") " && ./p"),
		"INIT, RUNNING*", ANY, .needs = "gcc"},
	{"gcc: an error", {"gcc", "-c", "/no/such.c"}, LIVED("FAILED *1"), ANY, .needs = "gcc"},
	{"make -j2: a program",
		{"make", "-s", "-j2", "-f", SCRIPT("project/project.mk"), "SRC=" SCRIPT("project")},
		FINE, ANY, .needs = "make"},
	{"make: a rule that fails", {"make", "-f", SCRIPT("project/project.mk"), "SRC=.", "broken"},
		LIVED("FAILED *2"), ANY, .needs = "make"},
	{"git: a repository",
		SHELL("git init -q . && echo word > f && git add f && "
		      "git -c user.name=n -c user.email=e commit -q -m m && git log --format=%s && "
		      "git status -s "
		      "&& git diff HEAD~1"),
		"INIT, RUNNING*", ANY,
		.how.environment = {"GIT_AUTHOR_DATE=1700000000 +0000",
			"GIT_COMMITTER_DATE=1700000000 +0000", "GIT_CONFIG_NOSYSTEM=1"},
		.needs = "git"},
	{"git: an error", {"git", "log"}, LIVED("FAILED *128"), .needs = "git"},
};

int main(void)
{
	return run_cases("build", build_cases);
}
