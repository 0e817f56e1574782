/* SPDX-License-Identifier: Apache-2.0 */
/* Where the other threads of a dying process stand is reported where a configuration asks for it,
 * and the process dies as it would. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/guard.h"

#define OTHERS VICTIM("others")
#define PYTHON "/usr/bin/python3"
#define DIED LIVED("FAILED SIGSEGV SEGV_MAPERR")
#define CONFIG "VIGIL_CONFIG=c.yaml"

/* ARGUMENT is the configuration's `vigil: {trace: }`. */
static void configure(void *argument)
{
	FILE *file = fopen("c.yaml", "w");

	if (file == NULL ||
		fprintf(file, "version: 1\nvigil: {trace: {%s}}\n", (char *)argument) < 0 ||
		fclose(file) != 0 || chmod("c.yaml", 0644) != 0)
		_exit(93);
}

static void configure_as_nobody(void *argument)
{
	configure(argument);
	if (setgid(61235) || setuid(61235))
		_exit(93);
}

#define WITH(trace)                                             \
	.how.environment = {CONFIG}, .how.in_child = configure, \
	.how.argument = (void *)(uintptr_t)(trace)
#define ALL WITH("threads: all")

static const cJSON *threads_of(const struct run *watched)
{
	return reported_get(run_end(watched), "threads");
}

static size_t thread_count(const struct run *watched)
{
	return (size_t)cJSON_GetArraySize(threads_of(watched));
}

/* The frames of THREAD, which may be those of another. */
static const cJSON *frames_of(const struct run *watched, const cJSON *thread)
{
	const cJSON *like = cJSON_GetObjectItemCaseSensitive(thread, "same_as"), *other;

	if (like == NULL)
		return cJSON_GetObjectItemCaseSensitive(thread, "frames");
	cJSON_ArrayForEach(other,
		threads_of(watched)) if (reported_number(other, "tid") ==
					 cJSON_GetNumberValue(like)) return frames_of(watched,
		other);
	fail_msg("a thread is like one that is not there");
	return NULL;
}

static bool is_in(const struct run *watched, const cJSON *thread, const char *function)
{
	const cJSON *frame;

	cJSON_ArrayForEach(
		frame, frames_of(watched, thread)) if (!strcmp(reported_string(frame, "function"),
							       function)) return true;
	return false;
}

/* How many threads are called NAME, all of which stand in FUNCTION (NULL: wherever). Where there is
 * none, says whom it looked at. */
static size_t count_in(const struct run *watched, const char *name, const char *function)
{
	const cJSON *thread;
	size_t count = 0;

	cJSON_ArrayForEach(thread, threads_of(watched))
	{
		if (strcmp(reported_string(thread, "name"), name) != 0)
			continue;
		if (function != NULL && !is_in(watched, thread, function))
			fail_msg("thread %s is not in %s", name, function);
		count++;
	}
	if (count == 0)
		cJSON_ArrayForEach(thread, threads_of(watched)) print_message(
			"thread '%s', not %s\n", reported_string(thread, "name"), name);
	return count;
}

static void assert_all_reported(const struct run *watched, size_t count)
{
	const cJSON *thread;

	assert_null(reported_get(run_end(watched), "threads_error"));
	assert_null(reported_get(run_end(watched), "threads_left_out"));
	assert_int_equal(thread_count(watched), count);
	cJSON_ArrayForEach(thread, threads_of(watched))
	{
		assert_null(reported_get(thread, "error"));
		assert_true(reported_number(thread, "tid") > watched->pid - 1);
		assert_int_not_equal(reported_number(thread, "tid"),
			reported_number(run_end(watched), "process.tid"));
	}
}

static void none(const struct run *watched)
{
	assert_null(threads_of(watched));
	assert_null(reported_get(run_end(watched), "registers"));
	assert_null(strstr(reported_string(run_end(watched), "error_trace"), "\nThread "));
}

static void at_every_place(const struct run *watched)
{
	const char *trace = reported_string(run_end(watched), "error_trace");

	assert_all_reported(watched, 7);
	assert_int_equal(count_in(watched, "read", "in_read"), 1);
	assert_int_equal(count_in(watched, "wait", "in_wait"), 1);
	assert_int_equal(count_in(watched, "nap", "in_nap"), 1);
	assert_int_equal(count_in(watched, "spin", "in_spin"), 1);
	assert_int_equal(count_in(watched, "epoll", "in_epoll"), 1);
	assert_int_equal(count_in(watched, "handler", "<signal handler called>"), 1);
	assert_int_equal(count_in(watched, "handler", "in_handler"), 1);
	assert_int_equal(count_in(watched, "deep", "in_6"), 1);
	assert_int_equal(count_in(watched, "deep", "stands"), 1);
	/* Below the crashing thread's. */
	assert_non_null(strstr(trace, "#0  fault+"));
	assert_non_null(strstr(strstr(trace, " main+"), "\nThread "));
	assert_int_equal(count_in(watched, "read", "read"), 1);
	assert_non_null(strstr(trace, " (read):\n#0  "));
}

static void one_in_read(const struct run *watched)
{
	assert_all_reported(watched, 1);
	assert_int_equal(count_in(watched, "read", "in_read"), 1);
}

static void twenty_in_read(const struct run *watched)
{
	assert_all_reported(watched, 20);
	assert_int_equal(count_in(watched, "read", "in_read"), 20);
	assert_non_null(
		strstr(reported_string(run_end(watched), "error_trace"), "(read): as thread "));
}

static void two_hundred_in_wait(const struct run *watched)
{
	assert_all_reported(watched, 200);
	assert_int_equal(count_in(watched, "wait", "in_wait"), 200);
}

/* As many as there is room for. */
static void three_hundred_in_read(const struct run *watched)
{
	assert_int_equal(thread_count(watched), 256);
	assert_int_equal(count_in(watched, "read", "in_read"), 256);
	assert_int_equal(reported_number(run_end(watched), "threads_left_out"), 44);
}

/* On a machine that is busy otherwise, too, not all may come to stop. */
static void thirty_in_spin(const struct run *watched)
{
	const cJSON *thread;
	size_t late = 0;

	assert_int_equal(thread_count(watched), 30);
	cJSON_ArrayForEach(thread, threads_of(watched))
	{
		bool in_time = reported_get(thread, "error") == NULL;

		late += !in_time;
		if (in_time && !is_in(watched, thread, "in_spin"))
			fail_msg("a thread is not in in_spin");
	}
	assert_uint_in_range(late, 0, 29);
}

static void one_in_vfork(const struct run *watched)
{
	const cJSON *thread;

	assert_int_equal(thread_count(watched), 3);
	assert_int_equal(count_in(watched, "read", "in_read"), 2);
	cJSON_ArrayForEach(
		thread, threads_of(watched)) if (!strcmp(reported_string(thread, "name"), "vfork"))
		assert_string_equal(reported_string(thread, "error"), "in a wait without a break");
}

static void all_but_the_first(const struct run *watched)
{
	assert_all_reported(watched, 2);
	assert_int_equal(count_in(watched, "read", "in_read"), 2);
	assert_string_equal(reported_string(run_end(watched), "process.thread"), "crasher");
}

static void the_first_too(const struct run *watched)
{
	assert_all_reported(watched, 3);
	assert_int_equal(count_in(watched, "others", "main"), 1);
	assert_int_equal(count_in(watched, "read", "in_read"), 2);
	assert_string_equal(reported_string(run_end(watched), "process.thread"), "crasher");
}

static void at_least_breeders(const struct run *watched)
{
	assert_null(reported_get(run_end(watched), "threads_error"));
	assert_true(thread_count(watched) >= 4);
}

static void four_with_signals(const struct run *watched)
{
	assert_all_reported(watched, 4);
	assert_int_equal(count_in(watched, "signals", "signals_itself"), 4);
}

static void those_that_crash_too(const struct run *watched)
{
	assert_all_reported(watched, 64);
	assert_int_equal(count_in(watched, "first", "crash_together"), 1);
	assert_int_equal(count_in(watched, "others", NULL), 63);
}

static void forbidden(const struct run *watched)
{
	none(watched);
	assert_string_equal(
		reported_string(run_end(watched), "threads_error"), "ptrace: a filter forbids it");
}

static void refused(const struct run *watched)
{
	none(watched);
	assert_string_equal(reported_string(run_end(watched), "threads_error"),
		"ptrace: Operation not permitted");
	assert_int_equal(reported_number(run_end(watched), "threads_left_out"), 2);
}

static void traced(const struct run *watched)
{
	none(watched);
	assert_non_null(strstr(reported_string(run_end(watched), "threads_error"), " traces them"));
}

static void cut_to_three(const struct run *watched)
{
	const cJSON *thread = cJSON_GetArrayItem(threads_of(watched), 0);

	assert_int_equal(cJSON_GetArraySize(reported_get(thread, "frames")), 3);
	assert_true(cJSON_IsTrue(reported_get(thread, "truncated")));
	assert_int_equal(cJSON_GetArraySize(reported_get(run_end(watched), "frames")), 3);
	assert_true(cJSON_IsTrue(reported_get(run_end(watched), "trace.truncated")));
}

static void without_names(const struct run *watched)
{
	assert_all_reported(watched, 2);
	assert_int_equal(count_in(watched, "read", NULL), 2);
	assert_null(strstr(reported_string(run_end(watched), "error_trace"), "read+"));
}

static void pythons_threads_twice(const struct run *watched)
{
	const char *trace = reported_string(run_end(watched), "error_trace");
	const char *python = strstr(trace, "Python stack of thread ");

	assert_all_reported(watched, 2);
	assert_non_null(python);
	assert_non_null(strstr(python, "Thread "));
}

static const struct run_case cases[] = {
	{"other threads: none unless asked for", {OTHERS, "stand", "read", "2"}, DIED,
		.also = none},
	{"other threads: none with the default", {OTHERS, "stand", "read", "2"}, DIED,
		WITH("threads: python"), .also = none},
	{"other threads: at every place",
		{OTHERS, "stand", "read,wait,nap,spin,epoll,handler,deep"}, DIED, ALL,
		.also = at_every_place},
	{"other threads: none there", {OTHERS, "stand"}, DIED, ALL, .also = none},
	{"other threads: 1", {OTHERS, "stand", "read"}, DIED, ALL, .also = one_in_read},
	{"other threads: 20", {OTHERS, "stand", "read", "20"}, DIED, ALL, .also = twenty_in_read},
	{"other threads: 200", {OTHERS, "stand", "wait", "200"}, DIED, ALL,
		.also = two_hundred_in_wait},
	{"other threads: 300", {OTHERS, "stand", "read", "300"}, DIED, ALL,
		.also = three_hundred_in_read},
	{"other threads: more than processors", {OTHERS, "stand", "spin", "30"}, DIED, ALL,
		.also = thirty_in_spin},
	{"other threads: one that waits for its vfork child", {OTHERS, "stand", "read,read,vfork"},
		DIED, ALL, .others = {ANY_LIFE}, .also = one_in_vfork},
	{"other threads: the first one is gone", {OTHERS, "first_is_gone", "read", "2"}, DIED, ALL,
		.also = all_but_the_first},
	{"other threads: the first one is one of them", {OTHERS, "in_thread", "read", "2"}, DIED,
		ALL, .also = the_first_too},
	{"other threads: they come and go", {OTHERS, "churn", "4"}, DIED, ALL,
		.also = at_least_breeders},
	{"other threads: they get signals all the time", {OTHERS, "signals", "4"}, DIED, ALL,
		.also = four_with_signals},
	{"other threads: they crash as well", {OTHERS, "together", "64"}, DIED, ALL,
		.also = those_that_crash_too},
	{"other threads: at an abort()", {OTHERS, "abort", "read"}, LIVED("FAILED SIGABRT abort"),
		ALL, .also = one_in_read},
	{"other threads: at a SIGTERM", {OTHERS, "ready", "read"}, LIVED("FAILED SIGTERM *"), ALL,
		.how.signal = SIGTERM, .also = one_in_read},
	{"other threads: a sandbox forbids it", {OTHERS, "confined"}, DIED, ALL, .also = forbidden},
	{"other threads: a sandbox kills for it", {OTHERS, "confined", "and_killed"}, DIED, ALL,
		.also = forbidden},
	{"other threads: the kernel refuses it", {OTHERS, "not_dumpable", "read", "2"}, DIED,
		.how = {.environment = {CONFIG},
			.in_child = configure_as_nobody,
			.lend = true,
			.argument = (void *)(uintptr_t) "threads: all"},
		.also = refused},
	{"other threads: somebody traces them already", {OTHERS, "traced", "read", "2"}, DIED, ALL,
		.others = {ANY_LIFE}, .also = traced},
	{"other threads: as many frames as the settings say", {OTHERS, "stand", "deep"}, DIED,
		WITH("threads: all, frames: 3"), .also = cut_to_three},
	{"other threads: no names where the settings say so", {OTHERS, "stand", "read", "2"}, DIED,
		WITH("threads: all, names: off"), .also = without_names},
	{"other threads: none without a trace", {OTHERS, "stand", "read", "2"}, DIED,
		WITH("threads: all, timeout_ms: 0"), .also = none},
	{"other threads: of Python's",
		{PYTHON, "-c",
			"import ctypes, threading, time\n"
			"for _ in range(2):\n"
			"    threading.Thread(target=time.sleep, args=(100,)).start()\n"
			"time.sleep(.2)\n"
			"ctypes.string_at(0)\n"},
		DIED, ALL, .needs = PYTHON, .also = pythons_threads_twice},
	/* But for arguments: gdb infers them from the caller, which a jump of ours hides. */
	{"other threads: the core is the same",
		{"/bin/sh", "-c",
			"ulimit -c unlimited; exec 2>/dev/null\n" OTHERS
			" stand read,wait,nap,vfork 3\n"
			"LD_PRELOAD= gdb -batch -ex 'bt 2' -ex 'p $_siginfo' " OTHERS " core*\n"
			"LD_PRELOAD= gdb -batch -ex 'set print frame-arguments none' "
			"-ex 'thread apply all bt 3' " OTHERS " core* | grep '^#' | sort\n"},
		ANY_LIFE, .others = {ANY_LIFE}, ALL, .needs = "gdb",
		.masks = {"0x[0-9a-f]+", "LWP [0-9]+"}},
};

static void says_where_it_was(const struct run *watched)
{
	const cJSON *end = run_end(watched);
	const cJSON *frame = cJSON_GetArrayItem(reported_get(end, "frames"), 0);

#if defined(__x86_64__)
	assert_int_equal(cJSON_GetArraySize(reported_get(end, "registers")), 17);
	assert_string_equal(reported_string(end, "registers.rip"), reported_string(frame, "pc"));
#else
	assert_int_equal(cJSON_GetArraySize(reported_get(end, "registers")), 33);
	assert_string_equal(reported_string(end, "registers.pc"), reported_string(frame, "pc"));
#endif
}

/* Those that a called function keeps: what they hold is where abort() was called. */
static void says_what_abort_had(const struct run *watched)
{
	const cJSON *end = run_end(watched);

#if defined(__x86_64__)
	assert_non_null(reported_get(end, "registers.rsp"));
	assert_non_null(reported_get(end, "registers.rip"));
#else
	assert_non_null(reported_get(end, "registers.sp"));
	assert_non_null(reported_get(end, "registers.pc"));
#endif
}

static void has_no_middle(const struct run *watched)
{
	const cJSON *end = run_end(watched);
	const char *trace = reported_string(end, "error_trace");

	assert_int_equal(cJSON_GetArraySize(reported_get(end, "frames")), 128);
	assert_null(reported_get(end, "trace.truncated"));
	assert_null(reported_get(end, "trace.stop"));
	assert_non_null(strstr(trace, " frames left out\n"));
	assert_null(strstr(trace, "… more frames\n"));
}

static void is_whole(const struct run *watched)
{
	const cJSON *end = run_end(watched);

	assert_null(reported_get(end, "trace.truncated"));
	assert_null(reported_get(end, "trace.stop"));
	assert_null(strstr(reported_string(end, "error_trace"), "more frames"));
}

static char overflown[64]; /* the life of a process in one of whose threads the stack was full */

static const struct run_case trace_cases[] = {
	{"registers: of a fault", {OTHERS, "stand"}, DIED, WITH("registers: true"),
		.also = says_where_it_was},
	{"registers: of an abort()", {OTHERS, "abort"}, LIVED("FAILED SIGABRT abort"),
		WITH("registers: true"), .also = says_what_abort_had},
	{"a trace: one that is whole", {OTHERS, "stand"}, DIED, .also = is_whole},
	{"a trace: a stack overflow, without its middle", {VICTIM("crashes"), "overflow"},
		LIVED("FAILED SIGSEGV SEGV_*ERR"), .also = has_no_middle},
	{"a trace: a stack overflow in a thread, without its middle",
		{VICTIM("threads"), "overflow"}, overflown, .also = has_no_middle},
};

int main(void)
{
	snprintf(overflown, sizeof overflown, LIVED("FAILED SIGSEGV %s"), guard_fault_code());
	return run_cases("other threads", cases) + run_cases("traces", trace_cases);
}
