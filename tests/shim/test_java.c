/* SPDX-License-Identifier: Apache-2.0 */
/* A Java VM uses signals for its own ends, and has a report of its own for its crashes. */
#include <stdio.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define FINE LIVED("SUCCEEDED *")
#define ABORTED LIVED("FAILED SIGABRT abort")
#define CRASHED "FAILED SIGSEGV SEGV_MAPERR then SIGABRT"
#define NATIVE VICTIM("java/libnative.so")
#define OPTIONS "-XX:-UsePerfData", "-cp", VICTIM("java")
#define JAVA(...)                                      \
	{                                              \
		"java", OPTIONS, "Victim", __VA_ARGS__ \
	}
#define CHECKED(...)                                                  \
	{                                                             \
		"java", "-Xcheck:jni", OPTIONS, "Victim", __VA_ARGS__ \
	}
#define NEEDS .needs = NATIVE

/* libjsig in front of the preload, and behind it. */
#define COMMAND "exec java -XX:-UsePerfData -cp " VICTIM("java") " Victim "
#define JSIG_FIRST(act)                                                                        \
	{                                                                                      \
		"sh", "-c", "LD_PRELOAD=" JAVA_HOME "/lib/libjsig.so:$LD_PRELOAD " COMMAND act \
	}
#define JSIG_LAST(act)                                                                         \
	{                                                                                      \
		"sh", "-c", "LD_PRELOAD=$LD_PRELOAD:" JAVA_HOME "/lib/libjsig.so " COMMAND act \
	}
#define TWO_LIVES(end) "INIT, RUNNING, " LIVED(end)

/* Of the VM's words on its crash: who it was, where, and how the core would be written. */
#define CRASH_MASKS                                                                      \
	.masks = {"pid=[0-9]+", "tid=[0-9]+", "0x[0-9a-f]+", "(hs_err_pid|told-)[0-9]+", \
		"\\(.* bytes\\)|@ .*"}

/* BEFORE and AFTER stand around the pid. */
static void report_is(const struct run *watched, const char *before, const char *after)
{
	char path[256], line[300];
	const char *trace = reported_string(run_end(watched), "error_trace");

	snprintf(path, sizeof path, "%s/place/%s%d%s", watched->base, before, watched->pid, after);
	assert_string_equal(reported_string(run_end(watched), "report_file"), path);
	snprintf(line, sizeof line, "\nReport: %s\n", path);
	assert_true(strlen(trace) > strlen(line));
	assert_string_equal(trace + strlen(trace) - strlen(line), line);
}

static void is_in_directory(const struct run *watched)
{
	report_is(watched, "hs_err_pid", ".log");
}

static void is_as_option_says(const struct run *watched)
{
	report_is(watched, "told-", ".txt");
}

static void is_in_directory_below_native_frame(const struct run *watched)
{
	is_in_directory(watched);
	assert_non_null(
		strstr(reported_string(run_end(watched), "error_trace"), " Java_Victim_fault+"));
}

static void has_native_frame(const struct run *watched)
{
	assert_non_null(
		strstr(reported_string(run_end(watched), "error_trace"), "#0  Java_Victim_end+"));
}

static void has_none(const struct run *watched)
{
	assert_null(reported_get(run_end(watched), "report_file"));
}

static const struct run_case cases[] = {
	{"java: 200000 null checks", JAVA("null"), FINE, NEEDS},
	{"java: a stack overflow, caught", JAVA("overflow"), FINE, NEEDS},
	{"java: an uncaught exception", JAVA("throw"), LIVED("FAILED *1"), NEEDS, .also = has_none},
	{"java: System.exit(3)", JAVA("exit"), LIVED("FAILED *exit 3"), NEEDS},
	{"java: a crash of the machine", JAVA("crash"), LIVED(CRASHED), NEEDS, CRASH_MASKS,
		.also = is_in_directory},
	{"java: a crash whose report has a name of its own", JAVA("crash"), LIVED(CRASHED), NEEDS,
		CRASH_MASKS, .also = is_as_option_says,
		.how.environment = {"JAVA_TOOL_OPTIONS=-Xmx64m -XX:ErrorFile=told-%p.txt"}},
	{"java: null checks between native calls", JAVA("calls", NATIVE), FINE, NEEDS},
	{"java: a crash in native code", JAVA("native_crash", NATIVE), LIVED(CRASHED), NEEDS,
		CRASH_MASKS, .also = is_in_directory_below_native_frame},
	{"java: abort() in native code", JAVA("native_abort", NATIVE), ABORTED, NEEDS, CRASH_MASKS,
		.also = has_native_frame},
	{"java: -Xcheck:jni has nothing to say of our handlers", CHECKED("calls", NATIVE), FINE,
		NEEDS},
	{"java: libjsig in front, null checks", JSIG_FIRST("null"), TWO_LIVES("SUCCEEDED *"),
		NEEDS},
	{"java: libjsig behind, null checks", JSIG_LAST("null"), TWO_LIVES("SUCCEEDED *"), NEEDS},
	{"java: libjsig in front, a crash", JSIG_FIRST("crash"), TWO_LIVES(CRASHED), NEEDS,
		CRASH_MASKS, .also = is_in_directory},
	{"java: libjsig behind, a crash", JSIG_LAST("crash"), TWO_LIVES(CRASHED), NEEDS,
		CRASH_MASKS, .also = is_in_directory},
};

int main(void)
{
	return run_cases("java", cases);
}
