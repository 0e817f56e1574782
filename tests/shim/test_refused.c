/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No path depends on a system call that succeeds: each call in turn is refused to a program that
 * then ends in every way. The answers are errnos, and 0: the call that was not made claims to have
 * succeeded. The program is to end as it does bare, within a second of it, with the same output and
 * nothing taken from its descriptors.
 *
 * VIGIL_REFUSED=all refuses every number that there is, and pairs; else those that our code makes
 * are refused. VIGIL_REFUSED="term 13=1 else=38" tries one case. All of it goes on in a pid
 * namespace of this test's own, and getpid is never refused: kill(getpid(), …) would be
 * kill(-1, …).
 */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/cmocka.h"
#include "tests/support/refusal.h"

#define SYSTEM_CALLS_MAX 463
#define WORKERS 3
#define FAILURES_MAX 60

/* In seconds: what a bare program may take, what a watched one may take longer, and when it is
 * given up. One that takes too long is run again: the machine may be busy. */
#define BARE_S 2.0
#define LATE_S 1.0
#define LOST_S 6.0
#define TRIES 3

static struct shared {
	_Atomic unsigned next, cases, lost_bare, unreported, failures;
	char failed[FAILURES_MAX][REFUSAL_RULES_SIZE + 256];
} * shared;

static void note_failure(const char *way, const struct refusal *work, const char *why)
{
	unsigned at = atomic_fetch_add(&shared->failures, 1);

	if (at < FAILURES_MAX)
		snprintf(shared->failed[at], sizeof shared->failed[at], "%s %s %s: %s", way,
			work->end, work->rules, why);
}

static void try_one(const struct refusal *work)
{
	static const char *const ways[] = {"raw", "libc"};
	struct refusal_outcome bare, watched;

	refusal_run(work, false, "raw", BARE_S, &bare);
	for (int way = 0; way < 2; way++) {
		const char *why = "";

		if (bare.lost) {
			atomic_fetch_add(&shared->lost_bare, 1);
			return;
		}
		for (int i = 0; i < TRIES && why; i++) {
			refusal_run(work, true, ways[way], LOST_S, &watched);
			why = refusal_difference(&bare, &watched, LATE_S);
			if (why && (watched.lost || watched.seconds < LATE_S))
				break;
		}
		atomic_fetch_add(&shared->cases, 1);
		if (why)
			note_failure(ways[way], work, why);
		if (!watched.record)
			atomic_fetch_add(&shared->unreported, 1);
	}
}

/* A test is all cases of one end: COUNT of them, the I-th as MAKE has it. */
struct sweep {
	const char *end;
	unsigned count;
	void (*make)(unsigned i, char rules[REFUSAL_RULES_SIZE]);
	bool logs;
};

static const int answers[] = {EPERM, ENOSYS, EAGAIN, EINTR, EINVAL, 0};
#define ANSWERS (sizeof answers / sizeof *answers)

/* Those that our code makes, from its text (tests.mk), or all. */
static int calls[] = {
#include "tests/system_calls.h"
};
static int all_calls[SYSTEM_CALLS_MAX];
static const int *swept = calls;
static unsigned swept_count = sizeof calls / sizeof *calls;

static void make_one(unsigned i, char rules[REFUSAL_RULES_SIZE])
{
	snprintf(rules, REFUSAL_RULES_SIZE, "%d=%d", swept[i / ANSWERS], answers[i % ANSWERS]);
}

/* What is left to programs that have come to an end of their preparations. */
static const char *const lists[] = {
	"write exit_group rt_sigreturn",
	"write exit_group rt_sigreturn getpid",
	"read write exit rt_sigreturn",
	"read write exit exit_group rt_sigreturn getpid gettid tgkill",
	"write exit_group rt_sigreturn getpid gettid tgkill rt_sigprocmask rt_sigaction",
	"write exit_group rt_sigreturn getpid clone wait4 futex mmap mprotect",
	"write exit_group getpid kill rt_sigprocmask",
	"write exit_group",
};
#define LISTS (sizeof lists / sizeof *lists)

static const struct {
	const char *name;
	int number;
} names[] = {
#define NAME(call)                \
	{                         \
#call, SYS_##call \
	}
	NAME(read),
	NAME(write),
	NAME(exit),
	NAME(exit_group),
	NAME(rt_sigreturn),
	NAME(getpid),
	NAME(gettid),
	NAME(tgkill),
	NAME(rt_sigprocmask),
	NAME(rt_sigaction),
	NAME(clone),
	NAME(wait4),
	NAME(futex),
	NAME(mmap),
	NAME(mprotect),
	NAME(kill),
};

static int number_of(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i].name) == length && !strncmp(names[i].name, name, length))
			return names[i].number;
	abort();
}

/* getpid, where a list leaves it out, is the one call that is not refused by name. */
static void make_list(unsigned i, char rules[REFUSAL_RULES_SIZE])
{
	size_t length = 0;

	for (const char *at = lists[i / ANSWERS]; *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		length += (size_t)snprintf(rules + length, REFUSAL_RULES_SIZE - length, "%d=allow ",
			number_of(at, word));
		at += word;
	}
	snprintf(rules + length, REFUSAL_RULES_SIZE - length, "%d=allow else=%d", SYS_getpid,
		answers[i % ANSWERS]);
}

/* Calls that stand for each other. */
static const int paired[][2] = {
	{SYS_rt_tgsigqueueinfo, SYS_tgkill},
	{SYS_rt_sigaction, SYS_rt_tgsigqueueinfo},
	{SYS_rt_sigaction, SYS_tgkill},
	{SYS_rt_sigaction, SYS_gettid},
	{SYS_rt_sigaction, SYS_rt_sigprocmask},
	{SYS_rt_sigaction, SYS_clone},
	{SYS_rt_sigaction, SYS_rt_sigpending},
	{SYS_rt_sigpending, SYS_rt_tgsigqueueinfo},
	{SYS_rt_sigprocmask, SYS_rt_tgsigqueueinfo},
	{SYS_rt_sigreturn, SYS_rt_sigprocmask},
	{SYS_rt_sigreturn, SYS_rt_sigaction},
	{SYS_clone, SYS_gettid},
	{SYS_clone, SYS_clock_gettime},
	{SYS_clone, SYS_rt_sigprocmask},
	{SYS_clone, SYS_sigaltstack},
	{SYS_futex, SYS_clock_gettime},
	{SYS_futex, SYS_nanosleep},
	{SYS_futex, SYS_wait4},
	{SYS_futex, SYS_kill},
	{SYS_wait4, SYS_nanosleep},
	{SYS_wait4, SYS_clock_gettime},
	{SYS_openat, SYS_fcntl},
	{SYS_openat, SYS_fstat},
	{SYS_fcntl, SYS_fstat},
	{SYS_dup3, SYS_fcntl},
	{SYS_fstat, SYS_newfstatat},
	{SYS_prlimit64, SYS_pwritev2},
	{SYS_prlimit64, SYS_write},
};
#define PAIRS (sizeof paired / sizeof *paired)

static void make_pair(unsigned i, char rules[REFUSAL_RULES_SIZE])
{
	const int *pair = paired[i / ANSWERS / ANSWERS];

	snprintf(rules, REFUSAL_RULES_SIZE, "%d=%d %d=%d", pair[0], answers[i / ANSWERS % ANSWERS],
		pair[1], answers[i % ANSWERS]);
}

/* Whether RULES have no call that raises a signal, or lets one that is raised come. */
static bool raises_nothing(const char *rules)
{
	char tgkill[16], kill_one[16], pair[2][16];

	snprintf(pair[0], sizeof pair[0], "%d=", SYS_rt_sigreturn);
	snprintf(pair[1], sizeof pair[1], " %d=", SYS_rt_sigprocmask);
	if (!strncmp(rules, pair[0], strlen(pair[0])) && strstr(rules, pair[1]))
		return true;
	snprintf(tgkill, sizeof tgkill, " %d=allow", SYS_tgkill);
	snprintf(kill_one, sizeof kill_one, " %d=allow", SYS_kill);
	return strstr(rules, "else=") && !strstr(rules, tgkill) && !strstr(rules, kill_one);
}

/* Whether a socket of ours, which has a low number for a moment, cannot give it back: a program
 * that lives on, and looks, sees its next descriptor one higher. Nothing else is excused. */
static bool keeps_number(const struct sweep *sweep, const char *rules)
{
	char refused[16];

	snprintf(refused, sizeof refused, "%d=", SYS_close);
	return sweep->logs && !strcmp(sweep->end, "live") &&
	       !strncmp(rules, refused, strlen(refused));
}

static void work_on(const struct sweep *sweep, int worker)
{
	struct refusal work = {.end = sweep->end, .logs = sweep->logs};
	unsigned i;

	refusal_begin(worker);
	while ((i = atomic_fetch_add(&shared->next, 1)) < sweep->count) {
		sweep->make(i, work.rules);
		if (keeps_number(sweep, work.rules))
			continue;
		work.raises_nothing = raises_nothing(work.rules);
		try_one(&work);
	}
	refusal_end();
	_exit(0);
}

static void show_failures(void)
{
	for (unsigned i = 0; i < shared->failures && i < FAILURES_MAX; i++)
		print_message("# %s\n", shared->failed[i]);
	print_message("# %u cases, %u that do not end bare, %u ends untold, %u failures\n",
		shared->cases, shared->lost_bare, shared->unreported, shared->failures);
	fflush(stdout);
}

static void is_as_bare(void **state)
{
	const struct sweep *sweep = *state;

	memset(shared, 0, sizeof *shared);
	for (int i = 0; i < WORKERS; i++)
		if (fork() == 0)
			work_on(sweep, i);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	show_failures();
	assert_int_equal(shared->failures, 0);
	assert_true(shared->cases > 0);
}

static const char *const ends[] = {
	"fault",
	"abort",
	"term",
	"exit3",
	"_exit3",
	"return3",
	"thread",
	"close_exit3",
	"close_fault",
	"live",
	/* With all calls alone. */
	"exit0",
	"return0",
};
#define ENDS (sizeof ends / sizeof *ends)
#define SHORT_ENDS (ENDS - 2)

static const struct {
	const char *name;
	void (*make)(unsigned i, char rules[REFUSAL_RULES_SIZE]);
	unsigned count; /* 0: the calls' */
	bool logs;
} kinds[] = {
	{"each call refused", make_one, 0},
	{"few calls allowed", make_list, LISTS *ANSWERS},
	/* From here on with all calls alone. */
	{"two calls refused", make_pair, PAIRS *ANSWERS *ANSWERS},
	{"each call refused, to a log server", make_one, 0, true},
};
#define KINDS (sizeof kinds / sizeof *kinds)
#define SHORT_KINDS 2

static int run_sweeps(void)
{
	static struct sweep sweeps[KINDS * ENDS];
	static struct CMUnitTest tests[KINDS * ENDS];
	static char titles[KINDS * ENDS][80];

	bool all = swept == all_calls;
	size_t end_count = all ? ENDS : SHORT_ENDS;
	size_t count = (all ? KINDS : SHORT_KINDS) * end_count;

	for (size_t i = 0; i < count; i++) {
		size_t kind = i / end_count;
		const char *end = ends[i % end_count];

		sweeps[i] = (struct sweep){end,
			kinds[kind].count ? kinds[kind].count : swept_count * (unsigned)ANSWERS,
			kinds[kind].make, kinds[kind].logs};
		snprintf(titles[i], sizeof titles[i], "%s: %s", kinds[kind].name, end);
		tests[i] = (struct CMUnitTest){titles[i], is_as_bare, NULL, NULL, &sweeps[i]};
	}
	return _cmocka_run_group_tests("refused", tests, count, NULL, NULL);
}

/* The one that the environment asks for, "END RULE...". */
static const char *given;

static void make_given(unsigned i, char rules[REFUSAL_RULES_SIZE])
{
	(void)i;
	snprintf(rules, REFUSAL_RULES_SIZE, "%s", strchrnul(given, ' ') + 1);
}

static int run_given(void)
{
	static char end[32];
	struct sweep sweep = {end, 1, make_given};
	const struct CMUnitTest tests[] = {{given, is_as_bare, NULL, NULL, &sweep}};

	snprintf(end, sizeof end, "%.*s", (int)strcspn(given, " "), given);
	return cmocka_run_group_tests_name("refused", tests, NULL, NULL);
}

/* In a pid namespace of its own; 0: there is none to be had. */
static pid_t enter_namespace(void)
{
	int error = geteuid() == 0 ? unshare(CLONE_NEWPID | CLONE_NEWNS)
				   : unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS);

	return error ? 0 : fork();
}

static bool has_own_proc(void)
{
	return getpid() == 1 && !prctl(PR_SET_PDEATHSIG, SIGKILL) &&
	       !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("proc", "/proc", "proc", 0, NULL);
}

static void skipped(void **state)
{
	(void)state;
	print_message("# SKIP no pid namespace of its own: %s\n", strerror(errno));
	skip();
}

static int skip_all(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(skipped)};

	return cmocka_run_group_tests_name("refused", tests, NULL, NULL);
}

static void choose_calls(void)
{
	const char *wanted = getenv("VIGIL_REFUSED");
	unsigned count = 0;

	if (wanted && strcmp(wanted, "all"))
		given = wanted;
	if (!wanted || given)
		return;
	for (int i = 0; i < SYSTEM_CALLS_MAX; i++)
		if (i != SYS_getpid)
			all_calls[count++] = i;
	swept = all_calls;
	swept_count = count;
}

int main(void)
{
	int status = 1;
	pid_t pid;

	choose_calls();
	shared = mmap(
		NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = enter_namespace();
	if (pid == 0 && !has_own_proc())
		return skip_all();
	if (pid == 0)
		return given ? run_given() : run_sweeps();
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
