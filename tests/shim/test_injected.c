/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step of the reporting fails: the event is there all the same, once and whole, with what was
 * known until then, and the host dies as it would. The faults come from tests/support/inject.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/in_child.h"

/* A victim has the preload's own, which is short; else a test would take three seconds. */
#define BUDGET_MS 300
#define VICTIM_MS 100
#define GENEROUS_MS 2000 /* beside the budget: the machine may be busy */

#define STRING_OF(words) #words
#define STRING(macro) STRING_OF(macro)

#define CRASH                                   \
	{                                       \
		VICTIM("crashes"), "null_write" \
	}
#define ABORT                              \
	{                                  \
		VICTIM("crashes"), "abort" \
	}
#define RAISE                                    \
	{                                        \
		VICTIM("crashes"), "raise", "15" \
	}
#define PYTHON                                                                 \
	{                                                                      \
		"/usr/bin/python3", "-c", "import ctypes\nctypes.string_at(0)" \
	}
#define TERMINATED_PYTHON                                                       \
	{                                                                       \
		"/usr/bin/python3", "-c", "import os\nos.kill(os.getpid(), 15)" \
	}
#define THROW                              \
	{                                  \
		VICTIM("throws"), "memory" \
	}

#define SEGV LIVED("FAILED SIGSEGV SEGV_MAPERR")
#define ABRT LIVED("FAILED SIGABRT abort")
#define TERM LIVED("FAILED SIGTERM terminated")

/* What the event holds in any case, by bit. */
enum { FRAMES = 1, MODULES = 2, NAMES = 4, THREAD = 8, SENDER = 16, MESSAGE = 32 };
#define NATIVE (FRAMES | MODULES | NAMES | THREAD)

struct step {
	const char *name;
	const char *argv[5];
	const char *life;
	unsigned holds;
	bool once;   /* it fails once: nothing can be reported without it */
	bool quiet;  /* when it fails, the trace is reported already */
	bool victim; /* somebody terminates it */
};

static const struct step steps[] = {
	{"frames", CRASH, SEGV, THREAD},
	{"modules", CRASH, SEGV, FRAMES | THREAD},
	{"names", CRASH, SEGV, FRAMES | MODULES | THREAD},
	{"outermost", CRASH, SEGV, NATIVE},
	{"fingerprint", CRASH, SEGV, NATIVE},
	{"thread", CRASH, SEGV, FRAMES | MODULES | NAMES},
	{"sender", RAISE, TERM, NATIVE, .victim = true},
	{"abort_message", {VICTIM("crashes"), "assert"}, ABRT, NATIVE},
	{"terminating", ABORT, ABRT, NATIVE},
	{"exception", THROW, ABRT, NATIVE},
	{"python", PYTHON, SEGV, FRAMES | THREAD},
	{"event", CRASH, SEGV, NATIVE, .once = true},
	{"log", CRASH, SEGV, NATIVE, .once = true},
	{"format", CRASH, SEGV, NATIVE, .once = true},
	{"write", CRASH, SEGV, NATIVE, .once = true},
	{"written", CRASH, SEGV, NATIVE, .once = true, .quiet = true},
	/* Of those that could be left out, too. */
	{"frames", RAISE, TERM, THREAD | SENDER, .victim = true},
	{"names", RAISE, TERM, FRAMES | MODULES | THREAD | SENDER, .victim = true},
	{"python", TERMINATED_PYTHON, TERM, FRAMES | THREAD, .victim = true},
	{"names", ABORT, ABRT, FRAMES | MODULES | THREAD},
	{"write", RAISE, TERM, NATIVE | SENDER, .once = true, .victim = true},
};

static const char *const actions[] = {"fault", "hang", "sleep", "overflow", "exit"};

#define STEPS (sizeof steps / sizeof *steps)
#define ACTIONS (sizeof actions / sizeof *actions)

/* One case: what it is of, what inject.c reads, and the test's name. */
static struct injected {
	const struct step *step;
	const char *action;
	char variable[64], sentence[100];
} injected[STEPS * ACTIONS];

static const cJSON *first_frame(const struct run *watched)
{
	return cJSON_GetArrayItem(reported_get(run_end(watched), "frames"), 0);
}

static void assert_held(const struct run *watched, unsigned holds)
{
	const cJSON *end = run_end(watched), *frame = first_frame(watched);

	if (holds & FRAMES)
		assert_non_null(frame);
	if (holds & MODULES)
		assert_non_null(reported_get(frame, "module"));
	if (holds & NAMES)
		assert_non_null(strstr(reported_string(end, "error_trace"), " main+"));
	if (holds & THREAD)
		assert_true(reported_number(end, "process.tid") > 0);
	if (holds & SENDER)
		assert_string_equal(reported_string(end, "signal.sender_is"), "self");
}

static bool hangs(const char *action)
{
	return !strcmp(action, "hang") || !strcmp(action, "sleep");
}

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static double longest_ms; /* beside the budget */

static void assert_in_time(const struct injected *one, double took)
{
	double budget = one->step->victim ? VICTIM_MS : BUDGET_MS;
	double beside = took - (hangs(one->action) ? budget : 0);

	if (beside > longest_ms)
		longest_ms = beside;
	assert_true(beside < GENEROUS_MS);
}

/* How long a tracer may take: what ends by itself does so in time on any machine. NULL: as ever. */
static const char *time_of(const struct injected *one)
{
	if (!hangs(one->action))
		return "VIGIL_TEST_INJECT_MS=" STRING(GENEROUS_MS);
	return one->step->victim ? NULL : "VIGIL_TEST_INJECT_MS=" STRING(BUDGET_MS);
}

static void fails(void **state)
{
	const struct injected *one = *state;
	const struct run_how how = {.environment = {one->variable, time_of(one)}};
	const char *outcome = hangs(one->action) ? "timeout" : "died";
	struct run bare, watched;
	double begin;

	run_bare(&bare, &how, one->step->argv);
	begin = now_ms();
	run_watched(&watched, &how, one->step->argv);
	assert_in_time(one, now_ms() - begin);
	assert_same_outcome(&bare, &watched);
	assert_events(&watched, one->step->life);
	assert_true_end(&watched);
	assert_every_process_ended(&watched, 0);
	assert_string_equal(reported_string(run_end(&watched), "trace.outcome"),
		one->step->quiet ? "ok" : outcome);
	assert_held(&watched, one->step->holds);
	run_free(&bare);
	run_free(&watched);
}

static int run_injected(void)
{
	static struct CMUnitTest tests[STEPS * ACTIONS];
	int failed;

	for (size_t i = 0; i < STEPS * ACTIONS; i++) {
		struct injected *one = &injected[i];

		one->step = &steps[i / ACTIONS];
		one->action = actions[i % ACTIONS];
		snprintf(one->variable, sizeof one->variable, "VIGIL_TEST_INJECT=%s:%s%s",
			one->step->name, one->action, one->step->once ? ":once" : "");
		snprintf(one->sentence, sizeof one->sentence, "injected: %s of %s: %s",
			one->step->name, one->step->argv[1], one->action);
		tests[i] = (struct CMUnitTest){
			.name = one->sentence, .test_func = fails, .initial_state = one};
	}
	if (getenv("VIGIL_TEST"))
		cmocka_set_test_filter(getenv("VIGIL_TEST"));
	failed = _cmocka_run_group_tests("injected", tests, STEPS * ACTIONS, NULL, NULL);
	printf("# at most %.0f ms beside the budget\n", longest_ms);
	return failed;
}

static void in_process(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "trace.outcome"), "in_process");
	assert_held(watched, NATIVE);
}

/* Where main is too far up, or has no name. */
static void in_process_far_from_main(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "trace.outcome"), "in_process");
	assert_held(watched, FRAMES | MODULES | THREAD);
}

static void died_with_frames(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "trace.outcome"), "died");
	assert_held(watched, FRAMES | MODULES | THREAD);
}

static void died_with_nothing(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "trace.outcome"), "died");
	assert_null(first_frame(watched));
	assert_held(watched, THREAD);
}

static void died_with_all(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "trace.outcome"), "died");
	assert_held(watched, NATIVE);
}

#define HANDLED(way)                            \
	{                                       \
		VICTIM("selfkill"), "here", way \
	}

static void in_process_handled(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "trace.outcome"), "in_process");
	assert_int_equal(
		strncmp(reported_string(run_end(watched), "error_trace"), "#0  fault_here+", 15),
		0);
}

#define REFUSED .how = {.in_child = become_loner_without_processes, .lend = true}
#define REFUSED_AND(injection)                              \
	.how = {.in_child = become_loner_without_processes, \
		.lend = true,                               \
		.environment = {"VIGIL_TEST_INJECT=" injection}}

static const struct run_case refused_cases[] = {
	{"clone is refused: a fault", CRASH, SEGV, .also = in_process, REFUSED},
	{"clone is refused: abort()", ABORT, ABRT, .also = in_process, REFUSED},
	{"clone is refused: abort() in a handler", HANDLED("abort"),
		LIVED("FAILED SIGSEGV SEGV_MAPERR then SIGABRT"), .also = in_process_handled,
		REFUSED},
	{"clone is refused: kill() in a handler", HANDLED("kill"), SEGV, .also = in_process_handled,
		REFUSED},
	{"clone is refused: _exit() in a handler", HANDLED("_exit"),
		LIVED("FAILED SIGSEGV SEGV_MAPERR then _exit 3"), .also = in_process_handled,
		REFUSED},
	{"clone is refused: SIGTERM", RAISE, TERM, .also = in_process, REFUSED},
	{"clone is refused: a stack overflow", {VICTIM("crashes"), "overflow"},
		LIVED("FAILED SIGSEGV SEGV_*ERR"), .also = in_process_far_from_main, REFUSED},
	{"clone is refused: a smashed stack", {VICTIM("hard"), "smashed_stack"}, SEGV, REFUSED},
	{"clone is refused: a lost stack pointer", {VICTIM("hard"), "lose_stack"},
		LIVED("FAILED SIGSEGV *"), REFUSED},
	{"clone is refused: Python tells its native stack", PYTHON, SEGV,
		.also = in_process_far_from_main, REFUSED},
	{"clone is refused: a C++ exception is an abort", THROW, ABRT, .also = in_process, REFUSED},
	{"clone is refused: the names fault", CRASH, SEGV, .also = died_with_frames,
		REFUSED_AND("names:fault")},
	{"clone is refused: the names overflow the stack", CRASH, SEGV, .also = died_with_frames,
		REFUSED_AND("names:overflow")},
	{"clone is refused: the walk faults", CRASH, SEGV, .also = died_with_nothing,
		REFUSED_AND("frames:fault")},
	{"clone is refused: the walk of an abort() faults", ABORT, ABRT, .also = died_with_frames,
		REFUSED_AND("names:fault")},
	{"clone is refused: the fingerprint overflows the stack", CRASH, SEGV,
		.also = died_with_all, REFUSED_AND("fingerprint:overflow")},
	{"clone is refused: the write faults", CRASH, SEGV, .also = died_with_all,
		REFUSED_AND("write:fault:once")},
	{"clone is refused: a fault behind the write", CRASH, SEGV,
		REFUSED_AND("written:fault:once")},
};

/* What began has an end, if it comes as early as can be. */
static void a_signal_right_behind_init_is_reported(void **state)
{
	const struct run_how how = {.environment = {"VIGIL_TEST_INJECT=constructor:term"}};
	const char *const command[] = {VICTIM("ends"), "return", "0", NULL};
	struct run watched;

	(void)state;
	run_watched(&watched, &how, command);
	assert_events(&watched, "INIT", "FAILED SIGTERM terminated");
	assert_true_end(&watched);
	run_free(&watched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_right_behind_init_is_reported)};

	setenv("VIGIL_PRELOAD", PRELOAD_INJECTED, 1);
	return run_injected() + run_cases("refused", refused_cases) +
	       cmocka_run_group_tests_name("early", tests, NULL, NULL);
}
