/* SPDX-License-Identifier: Apache-2.0 */
/* Larger programs: compilers, make, git, gdb. */
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define FINE LIVED("SUCCEEDED *")
#define SHELL(script)                                                                              \
	{                                                                                          \
		"sh", "-c", script                                                                 \
	}
#define ANY                                                                                        \
	{                                                                                          \
		"*"                                                                                \
	}
#define ADDRESSES "0x[0-9a-f]+"
#define CRASHES VICTIM("crashes")

/*
 * What a debugger finds in the core: the signal, the top of the stack (abort() is below it and
 * ours), the threads.
 */
#define IN_CORE                                                                                    \
	"-ex 'print $_siginfo.si_signo' -ex 'print $_siginfo.si_code' "                            \
	"-ex 'print $_siginfo._sifields._sigfault.si_addr' -ex 'bt 4' -ex 'info threads' "
#define SHOWN(act, shown)                                                                          \
	SHELL("ulimit -c unlimited; " CRASHES " " act                                              \
	      "; LD_PRELOAD= gdb -batch -nx " shown CRASHES                                        \
	      " core* 2>/dev/null | grep -e '^[$#* ]'")
#define CORE(act) SHOWN(act, IN_CORE)

/* The whole stack, down to where the kernel began. main's caller is told another function, and gdb
 * does not know then whether main has changed its arguments. */
#define WHOLE_STACK(act)                                                                           \
	SHOWN(act, "-ex 'set backtrace past-main' -ex 'set backtrace past-entry' -ex bt ")
#define WHOLE_MASKS ADDRESSES, "<main(_entered)?>|main=main@entry=", "main \\(argc=.*\\)"

/* The width of gdb's table goes by the digits of the thread's id. */
#define CORE_MASKS ADDRESSES, "LWP [0-9]+", "Target Id +Frame"

static void has_entry(const struct run *watched)
{
	assert_non_null(strstr(watched->out.data, " _start ()"));
}

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
	{"gdb: a core of a crash is the same", CORE("null_write_in_thread"), "INIT, RUNNING*", ANY,
		.needs = "gdb", .masks = {CORE_MASKS, "expected=[0-9]+"}},
	{"gdb: a core of a stack overflow in a thread is the same", CORE("overflow_in_thread"),
		"INIT, RUNNING*", ANY, .needs = "gdb", .masks = {CORE_MASKS, "expected=[0-9]+"}},
	{"gdb: a core of an abort is the same", CORE("abort"), "INIT, RUNNING*", ANY,
		.needs = "gdb", .masks = {CORE_MASKS}},
	{"gdb: a core of an assertion is the same", CORE("assert"), "INIT, RUNNING*", ANY,
		.needs = "gdb", .masks = {CORE_MASKS}},
	{"gdb: the whole stack of a crash is the same", WHOLE_STACK("null_write"), "INIT, RUNNING*",
		ANY, .needs = "gdb", .masks = {WHOLE_MASKS}, .also = has_entry},
	{"gdb: the whole stack of an abort is the same", WHOLE_STACK("abort"), "INIT, RUNNING*",
		ANY, .needs = "gdb", .masks = {WHOLE_MASKS}, .also = has_entry},
};

int main(void)
{
	return run_cases("build", build_cases);
}
