/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration says under `vigil` changes what is reported, and nothing for the program.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/in_child.h"

#define CRASHES VICTIM("crashes")
#define SETTINGS VICTIM("settings")
#define PYTHON "/usr/bin/python3"
#define STANDS(how, where)                              \
	{                                               \
		PYTHON, SCRIPT("stands.py"), how, where \
	}
#define SEGV LIVED("FAILED SIGSEGV SEGV_MAPERR")
#define TERM LIVED("FAILED SIGTERM terminated")
#define ABORTED LIVED("FAILED SIGABRT abort")
#define UNTOLD "INIT, RUNNING"

/* The name of a frame that libc exports; the program exports none of its own. */
#define EXPORTED "__libc_start_main"

#define TRACE(text) CONFIGURED("vigil: {trace: {" text "}}")
#define SIGNALS(text) CONFIGURED("vigil: {signals: {" text "}}")
#define INI(text)                                                                             \
	.environment = {"VIGIL_CONFIG=job.conf.yaml"}, .in_child = write_configuration,       \
	.argument = (void *)("[loggers]\nkeys=root\n[handlers]\nkeys=\n[formatters]\nkeys=\n" \
			     "[logger_root]\nlevel=INFO\nhandlers=\n[vigil]\n" text "\n")

/* Those of Python, or the native ones. */
static size_t frames_of(const struct run *watched, bool python)
{
	const cJSON *frame;
	size_t count = 0;

	cJSON_ArrayForEach(frame, reported_get(run_end(watched), "frames"))
	{
		count += (strcmp(reported_string(frame, "kind"), "python") == 0) == python;
	}
	return count;
}

static bool names(const struct run *watched, const char *function)
{
	const cJSON *frame;

	cJSON_ArrayForEach(frame, reported_get(run_end(watched), "frames"))
	{
		if (strcmp(reported_string(frame, "function"), function) == 0)
			return true;
	}
	return false;
}

static bool traces(const struct run *watched, const char *text)
{
	return strstr(reported_string(run_end(watched), "error_trace"), text) != NULL;
}

static void two_frames(const struct run *watched)
{
	assert_int_equal(frames_of(watched, false), 2);
	assert_true(names(watched, "leaf"));
	assert_false(names(watched, "main"));
}

static void all_frames(const struct run *watched)
{
	assert_true(frames_of(watched, false) > 4);
	assert_true(names(watched, "leaf") && names(watched, "main"));
	assert_string_equal(reported_string(run_end(watched), "trace.outcome"), "ok");
}

static void no_frames(const struct run *watched)
{
	assert_null(reported_get(run_end(watched), "frames"));
	assert_null(reported_get(run_end(watched), "trace"));
	assert_string_equal(reported_string(run_end(watched), "error_trace"), "");
	assert_non_null(reported_get(run_end(watched), "process.tid"));
}

static void no_frames_of_an_exit(const struct run *watched)
{
	assert_null(reported_get(run_end(watched), "frames"));
	assert_null(reported_get(run_end(watched), "trace"));
}

static void no_frames_but_the_message(const struct run *watched)
{
	no_frames(watched);
	assert_non_null(strstr(reported_string(run_end(watched), "abort_message"), "zero == 1"));
}

static void frames_but_no_message(const struct run *watched)
{
	assert_null(reported_get(run_end(watched), "abort_message"));
	assert_true(names(watched, "main"));
}

/* The frames were found, but no names. */
static void out_of_time(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "trace.outcome"), "timeout");
	assert_true(frames_of(watched, false) > 2);
	assert_false(names(watched, "main"));
}

static void exported_names(const struct run *watched)
{
	assert_true(frames_of(watched, false) > 4);
	assert_true(names(watched, EXPORTED));
	assert_false(names(watched, "leaf") || names(watched, "main"));
}

/* Whoever reads a file here never ends. */
static void exported_names_in_time(const struct run *watched)
{
	exported_names(watched);
	assert_string_equal(reported_string(run_end(watched), "trace.outcome"), "ok");
}

static void no_names(const struct run *watched)
{
	assert_true(frames_of(watched, false) > 4);
	assert_false(names(watched, "leaf") || names(watched, EXPORTED));
	assert_false(traces(watched, EXPORTED));
	assert_true(traces(watched, "libc.so.6"));
}

static void an_exception_without_names(const struct run *watched)
{
	assert_string_equal(reported_string(run_end(watched), "exception.type"), "Own");
	assert_string_equal(
		reported_string(run_end(watched), "exception.message"), "a type of its own");
	no_names(watched);
}

static void an_abort_without_exception(const struct run *watched)
{
	assert_null(reported_get(run_end(watched), "exception"));
	assert_true(names(watched, "main"));
}

static void no_python(const struct run *watched)
{
	assert_int_equal(frames_of(watched, true), 0);
	assert_false(traces(watched, "Python stack"));
	assert_true(frames_of(watched, false) > 2);
}

static void no_other_threads(const struct run *watched)
{
	assert_true(frames_of(watched, true) > 0);
	assert_true(traces(watched, "Python stack (most recent call last)"));
	assert_false(traces(watched, "Python stack of thread"));
}

static void no_stacks_at_all(const struct run *watched)
{
	no_frames(watched);
	assert_int_equal((pid_t)reported_number(run_end(watched), "signal.sender_pid"), getpid());
}

static const struct run_case trace_cases[] = {
	{"settings: nothing is said of vigil", {CRASHES, "null_write"}, SEGV,
		.how = {CONFIGURED("")}, .also = all_frames},
	{"settings: trace: true is the default", {CRASHES, "null_write"}, SEGV,
		.how = {CONFIGURED("vigil: {trace: true}")}, .also = all_frames},
	{"settings: trace: false", {CRASHES, "null_write"}, SEGV,
		.how = {CONFIGURED("vigil: {trace: false}")}, .also = no_frames},
	{"settings: trace: false leaves the reason", {CRASHES, "assert"}, ABORTED,
		.how = {CONFIGURED("vigil: {trace: false}")}, .also = no_frames_but_the_message},
	{"settings: trace: false, with the same core", {CRASHES, "null_write_in_thread"}, SEGV,
		.how = {CONFIGURED("vigil: {trace: false}"), .core = true}, .also = no_frames},
	{"settings: trace: false, of a Python program", STANDS("null", "main_of_many"), SEGV,
		.how = {CONFIGURED("vigil: {trace: false}")}, .also = no_frames},
	{"settings: trace: false, of a C++ exception", {VICTIM("throws"), "own"}, ABORTED,
		.how = {CONFIGURED("vigil: {trace: false}")}, .also = no_frames},
	{"settings: trace.frames", {CRASHES, "null_write"}, SEGV, .how = {TRACE("frames: 2")},
		.also = two_frames},
	{"settings: trace.timeout_ms of 0", {CRASHES, "assert"}, ABORTED,
		.how = {TRACE("timeout_ms: 0")}, .also = no_frames_but_the_message},
	{"settings: trace.timeout_ms", {SETTINGS, "slow_fault"}, SEGV,
		.how = {TRACE("timeout_ms: 300"), .timeout_s = 2}, .also = out_of_time},
	{"settings: trace.names: dynsym", {CRASHES, "null_write"}, SEGV,
		.how = {TRACE("names: dynsym")}, .also = exported_names},
	{"settings: trace.names: dynsym reads no file", {SETTINGS, "slow_fault"}, SEGV,
		.how = {TRACE("names: dynsym"), .timeout_s = 2}, .also = exported_names_in_time},
	{"settings: trace.names: off", {CRASHES, "null_write"}, SEGV, .how = {TRACE("names: off")},
		.also = no_names},
	{"settings: trace.names: off, and a C++ exception", {VICTIM("throws"), "own"},
		LIVED("FAILED exception Own"), .how = {TRACE("names: off")},
		.also = an_exception_without_names},
	{"settings: trace.cxx: false", {VICTIM("throws"), "own"}, ABORTED,
		.how = {TRACE("cxx: false")}, .also = an_abort_without_exception},
	{"settings: trace.abort_message: false", {CRASHES, "assert"}, ABORTED,
		.how = {TRACE("abort_message: false")}, .also = frames_but_no_message},
	{"settings: trace.python: false", STANDS("null", "main_of_many"), SEGV,
		.how = {TRACE("python: false")}, .also = no_python},
	{"settings: trace.threads: crashed", STANDS("null", "main_of_many"), SEGV,
		.how = {TRACE("threads: crashed")}, .also = no_other_threads},
	{"settings: trace.alternate_stacks: false, in a thread", {CRASHES, "overflow_in_thread"},
		UNTOLD, .unended = 1, .how = {TRACE("alternate_stacks: false")}},
	{"settings: trace.alternate_stacks: false, in the first thread", {CRASHES, "overflow"},
		UNTOLD, .unended = 1, .how = {TRACE("alternate_stacks: false")}},
	{"settings: trace.alternate_stacks: false, without an overflow",
		{CRASHES, "null_write_in_thread"}, SEGV, .how = {TRACE("alternate_stacks: false")}},
	{"settings: trace.exits: false", {VICTIM("exits"), "exit", "3"}, LIVED("FAILED exit 3"),
		.how = {.environment = {"VIGIL_CONFIG=job.conf.yaml", "RANK=0", "WORLD_SIZE=1"},
			.in_child = write_configuration,
			.argument = (void *)"version: 1\nvigil: {trace: {exits: false}}\n"},
		.also = no_frames_of_an_exit},
	{"settings: of an INI file", {CRASHES, "null_write"}, SEGV, .how = {INI("trace.frames=2")},
		.also = two_frames},
};

static const struct run_case termination_cases[] = {
	{"settings: trace.terminated: false", {SETTINGS, "pause"}, TERM,
		.how = {TRACE("terminated: false"), .signal = SIGTERM}, .also = no_stacks_at_all},
	{"settings: trace.terminated: false, and a crash", {CRASHES, "null_write"}, SEGV,
		.how = {TRACE("terminated: false")}, .also = all_frames},
	{"settings: a terminated process has 50 ms", {SETTINGS, "slow_pause"}, TERM,
		.how = {TRACE("timeout_ms: 60000"), .signal = SIGTERM, .timeout_s = 2},
		.also = out_of_time},
	{"settings: signals.core has all of the timeout", {SETTINGS, "slow_pause"}, TERM,
		.how = {CONFIGURED("vigil: {trace: {timeout_ms: 300, terminated: false}, "
				   "signals: {core: [TERM]}}"),
			.signal = SIGTERM, .timeout_s = 2},
		.also = out_of_time},
	{"settings: an empty signals.terminated tells nothing", {SETTINGS, "pause"}, UNTOLD,
		.unended = 1, .how = {SIGNALS("terminated: []"), .signal = SIGTERM}},
	{"settings: an empty signals.terminated, and a crash", {CRASHES, "null_write"}, SEGV,
		.how = {SIGNALS("terminated: []")}, .also = all_frames},
	{"settings: a signal that is in signals.terminated", {SETTINGS, "pause"},
		LIVED("FAILED SIGUSR1 terminated"),
		.how = {SIGNALS("terminated: [SIGUSR1, RTMIN+3]"), .signal = SIGUSR1}},
	{"settings: a realtime signal that is in signals.terminated", {SETTINGS, "pause"},
		LIVED("FAILED SIGRTMIN+3 terminated"),
		.how = {SIGNALS("terminated: [SIGUSR1, RTMIN+3]"), .signal = 37}},
	{"settings: a signal that is not in signals.terminated", {SETTINGS, "pause"}, UNTOLD,
		.unended = 1,
		.how = {SIGNALS("terminated: [SIGUSR1, RTMIN+3]"), .signal = SIGUSR2}},
	{"settings: a crash that is not in signals.core", {CRASHES, "null_write"}, UNTOLD,
		.unended = 1, .how = {SIGNALS("core: [BUS]"), .core = true}},
	{"settings: an abort() that is not in signals.core", {CRASHES, "abort"}, UNTOLD,
		.unended = 1, .how = {SIGNALS("core: [SEGV]"), .core = true}},
	{"settings: an abort() that is in signals.terminated", {CRASHES, "abort"}, ABORTED,
		.how = {SIGNALS("core: [SEGV], terminated: [ABRT]")}},
	{"settings: signals of an INI file", {SETTINGS, "pause"}, UNTOLD, .unended = 1,
		.how = {INI("signals.terminated = USR1, USR2"), .signal = SIGTERM}},
	{"settings: none of signals in neither list is caught", {SETTINGS, "caught"},
		LIVED("SUCCEEDED return 0"), .how = {SIGNALS("core: [], terminated: []")}},
	{"settings: neither while factories wait", {SETTINGS, "caught"},
		LIVED("SUCCEEDED return 0"),
		.how = {CONFIGURED("vigil: {factories: true, signals: {core: [], terminated: []}}\n"
				   "handlers: {h: {'()': '" VICTIM_DIR
				   "/libfactories.so:make_file', path: told}}")}},
	{"settings: trace: false while factories wait", {VICTIM("begins_in_library")},
		"INIT, FAILED SIGSEGV SEGV_MAPERR",
		.how = {.environment = {"VIGIL_CONFIG=job.conf.yaml", "BAD_BEGIN=crash"},
			.in_child = write_configuration,
			.argument = (void *)("version: 1\nvigil: {factories: true, trace: false}\n"
					     "handlers: {h: {'()': '" VICTIM_DIR
					     "/libfactories.so:make_file', path: told}}\n")},
		.also = no_frames},
	{"settings: of a configuration that is refused there are none", {CRASHES, "null_write"},
		SEGV,
		.how = {CONFIGURED("vigil: {trace: false, signals: {core: []}, speed: 1}"),
			.close_stderr = true},
		.also = all_frames},
};

int main(void)
{
	return run_cases("settings of the trace", trace_cases) +
	       run_cases("settings of signals", termination_cases);
}
