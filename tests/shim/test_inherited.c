/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filter of system calls that a program inherits over exec: with us it ends as it does without,
 * for each call that the filter kills for, and so it does if it sets the filter itself.
 * VIGIL_SWEEP=all takes every call that there is; otherwise it is those that we make.
 *
 * In a pid namespace of its own: what a program does that is refused its own pid is not foreseen.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/base/sandbox.h"
#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define INHERITS VICTIM("inherits")
#define NUMBERS 480
#define RUN_SECONDS 10

static const char *const commands[][4] = {
	{"/bin/true"},
	{VICTIM("ends"), "_exit", "3"},
	{VICTIM("crashes"), "null_write"},
	{VICTIM("crashes"), "abort"},
	{VICTIM("crashes"), "raise", "15"},
};

#define COMMANDS (sizeof commands / sizeof *commands)

/* And those of a program that sets the filter itself. */
static const char *const ends[] = {"return", "_exit", "crash", "abort", "term"};

#define ENDS (sizeof ends / sizeof *ends)

struct sweep {
	unsigned answer; /* of the filter, to one call */
	enum { BEFORE_EXEC, BEFORE_FORK, BY_ITSELF } set;
};

static const char *directory;

static void confine(int number, unsigned answer)
{
	struct sock_filter rules[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {sizeof rules / sizeof *rules, rules};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(92);
}

static void exec_command(const char *const *command, bool watched)
{
	char preload[4096], record[4096];
	char path[] = "PATH=/usr/bin:/bin";
	char *bare[] = {path, NULL}, *with[] = {path, preload, record, NULL};

	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", run_preload());
	snprintf(record, sizeof record, "VIGIL_DIR=%s", directory);
	execve(command[0], (char *const *)(uintptr_t)command, watched ? with : bare);
	_exit(93);
}

static void act(const struct sweep *sweep, int number, const char *const *command, bool watched)
{
	int status = 0;

	signal(SIGSYS, SIG_DFL); /* which is cmocka's */
	alarm(RUN_SECONDS);
	if (sweep->set != BY_ITSELF)
		confine(number, sweep->answer);
	if (sweep->set == BEFORE_FORK) {
		pid_t child = fork();

		if (child != 0) {
			waitpid(child, &status, 0);
			_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
		}
		alarm(RUN_SECONDS);
	}
	exec_command(command, watched);
}

static int outcome(const struct sweep *sweep, int number, const char *const *command, bool watched)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		act(sweep, number, command, watched);
	waitpid(child, &status, 0);
	return status;
}

static bool is_swept(int number)
{
	const char *wanted = getenv("VIGIL_SWEEP");

	if (wanted != NULL && strcmp(wanted, "all") == 0)
		return true;
	for (size_t i = 0; sandbox_calls[i].number >= 0; i++)
		if (sandbox_calls[i].number == number)
			return true;
	return false;
}

/* Whoever is not reported its own pid sends its signals to others: kill(-1), here, to all. */
static bool is_dangerous(const struct sweep *sweep, int number)
{
	return number == SYS_getpid &&
	       (sweep->answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

static void compare(
	const struct sweep *sweep, int number, const char *const *command, int *differences)
{
	int bare = outcome(sweep, number, command, false);
	int watched = outcome(sweep, number, command, true);

	if (bare == watched)
		return;
	++*differences;
	print_error("call %d, %s %s: %#x, watched %#x\n", number, command[0],
		command[1] == NULL ? "" : command[1], bare, watched);
}

static void ends_as_without_us(void **state)
{
	const struct sweep *sweep = *state;
	int numbers = 0, differences = 0;

	for (int number = 0; number < NUMBERS; number++) {
		if (!is_swept(number) || is_dangerous(sweep, number))
			continue;
		numbers++;
		for (size_t i = 0; i < COMMANDS && sweep->set != BY_ITSELF; i++)
			compare(sweep, number, commands[i], &differences);
		for (size_t i = 0; i < ENDS && sweep->set == BY_ITSELF; i++) {
			char call[16], answer[16];
			const char *command[] = {
				VICTIM("confines"), "forbid", call, answer, ends[i], NULL};

			snprintf(call, sizeof call, "%d", number);
			snprintf(answer, sizeof answer, "%#x", sweep->answer);
			compare(sweep, number, command, &differences);
		}
	}
	print_message("%d calls, %d differences\n", numbers, differences);
	assert_true(numbers > 0);
	assert_int_equal(differences, 0);
}

static struct sweep sweeps[] = {
	{SECCOMP_RET_KILL_PROCESS, BEFORE_FORK},
	{SECCOMP_RET_KILL_PROCESS, BEFORE_EXEC},
	{SECCOMP_RET_KILL_THREAD, BEFORE_FORK},
	{SECCOMP_RET_TRAP, BEFORE_FORK},
	{SECCOMP_RET_TRAP, BEFORE_EXEC},
	{SECCOMP_RET_KILL_PROCESS, BY_ITSELF},
	{SECCOMP_RET_TRAP, BY_ITSELF},
};

#define SWEEP(sentence, n)                                           \
	{                                                            \
		sentence, ends_as_without_us, NULL, NULL, &sweeps[n] \
	}

static int sweep_all(void)
{
	const struct CMUnitTest tests[] = {
		SWEEP("a filter kills, and stood when it was forked", 0),
		SWEEP("a filter kills, and came before exec", 1),
		SWEEP("a filter kills the thread, and stood when it was forked", 2),
		SWEEP("a filter sends SIGSYS, and stood when it was forked", 3),
		SWEEP("a filter sends SIGSYS, and came before exec", 4),
		SWEEP("a filter kills that the program sets itself", 5),
		SWEEP("a filter sends SIGSYS that the program sets itself", 6),
	};
	char place[] = "/tmp/vigil-inherited-XXXXXX", remove[64];
	int failed;

	directory = mkdtemp(place);
	assert_non_null(directory);
	failed = cmocka_run_group_tests_name("inherited filters", tests, NULL, NULL);
	snprintf(remove, sizeof remove, "rm -r %s", place);
	return failed + (system(remove) != 0);
}

#define FINE LIVED("FAILED return 3")
#define CRASHED LIVED("FAILED SIGSEGV SEGV_MAPERR")
/* The shell becomes unshare, and setpriv, in the new namespace, becomes what it runs. */
#define CONTAINER(capabilities) \
	"exec unshare --pid --fork --mount-proc setpriv --bounding-set " capabilities " " INHERITS
#define RETURN_3 VICTIM("ends") " return 3"
#define RETURN VICTIM("ends"), "return", "3"

#if defined(__x86_64__)
#define CALLS_MAX 6

/* Calls that we can do without, and the program, too: their numbers, as `inherits kills` has them.
 */
static struct {
	const char *const command[4];
	const int calls[CALLS_MAX]; /* 0 behind the last one */
	char list[64];
} spared[] = {
	{{RETURN}, {SYS_uname, SYS_madvise, SYS_readlinkat, SYS_getcwd, SYS_getrusage}, ""},
	{{RETURN}, {SYS_ptrace, SYS_memfd_create, SYS_renameat2, SYS_ftruncate, SYS_mremap}, ""},
	{{VICTIM("crashes"), "null_write"},
		{SYS_uname, SYS_madvise, SYS_readlinkat, SYS_getcwd, SYS_getrusage, SYS_ptrace},
		""},
};

/* Some of them are made by newer loaders: readlinkat() for the place of the program's libraries. */
static void list_spared(void)
{
	for (size_t i = 0; i < sizeof spared / sizeof *spared; i++)
		for (size_t n = 0; n < CALLS_MAX && spared[i].calls[n] != 0; n++) {
			size_t length = strlen(spared[i].list);
			int bare =
				outcome(&sweeps[0], spared[i].calls[n], spared[i].command, false);

			if (WIFEXITED(bare) && WEXITSTATUS(bare) == 128 + SIGSYS)
				continue;
			snprintf(spared[i].list + length, sizeof spared[i].list - length, "%s%d",
				length == 0 ? "" : ",", spared[i].calls[n]);
		}
}

static const struct run_case cases[] = {
	{"it goes without what can be done without",
		{INHERITS, "kills", "before_fork", spared[0].list, RETURN}, FINE, {FINE}},
	{"it goes without ptrace, memory files and renames",
		{INHERITS, "kills", "before_fork", spared[1].list, RETURN}, FINE, {FINE}},
	{"a crash is told without them",
		{INHERITS, "kills", "before_fork", spared[2].list, VICTIM("crashes"), "null_write"},
		LIVED("FAILED return 139"), {CRASHED}},
	{"a container's filter takes nothing away",
		{INHERITS, "refuses", "before_fork", VICTIM("crashes"), "null_write"},
		LIVED("FAILED return 139"), {CRASHED}},
	{"a container's first process is watched",
		{"sh", "-c", CONTAINER("-sys_admin") " refuses before_exec " RETURN_3}, "*",
		{"INIT, RUNNING, INIT, RUNNING, " FINE, "FAILED wait 3"}, .needs = "setpriv"},
	{"the first process of what is no container is not watched",
		{"sh", "-c", CONTAINER("+sys_admin") " refuses before_exec " RETURN_3}, "*",
		{"INIT, RUNNING, INIT, RUNNING", "FAILED wait 3"}, .unended = 1,
		.needs = "setpriv"},
	/* 258: mkdirat */
	{"it goes without a directory for a run that has none here",
		{"sh", "-c",
			"TMPDIR=/proc VIGIL_DIR=/proc/none exec " INHERITS
			" kills before_fork 258 " RETURN_3},
		"INIT, RUNNING", .unended = 1},
	{"where a fork may be what it kills for, nothing is told",
		{INHERITS, "kills", "before_exec", "63", RETURN}, "INIT, RUNNING", .unended = 1},
};
#endif

/* A container may not have the privilege: there, the tests run where they are. */
static bool can_have_namespaces(void)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(unshare(CLONE_NEWPID | CLONE_NEWNS) != 0);
	waitpid(child, &status, 0);
	return status == 0;
}

int main(int argc, char **argv)
{
	struct rlimit no_core = {0, 0};
	int failed;

	(void)argc;
	if (getpid() != 1 && getenv("VIGIL_SWEEP_INSIDE") == NULL && can_have_namespaces()) {
		setenv("VIGIL_SWEEP_INSIDE", "1", 1);
		execlp("unshare", "unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
			argv[0], NULL);
	}
	setrlimit(RLIMIT_CORE, &no_core);
	failed = sweep_all();
#if defined(__x86_64__)
	list_spared();
	failed += run_cases("under inherited filters", cases);
#endif
	return failed;
}
