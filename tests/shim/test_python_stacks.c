/* SPDX-License-Identifier: Apache-2.0 */
/* Where a Python program stood when a signal ended it, compared with what it says of itself. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/in_child.h"
#include "tests/support/pythons.h"

#define PYTHON "/usr/bin/python3"
#define STANDS(how, where)                              \
	{                                               \
		PYTHON, SCRIPT("stands.py"), how, where \
	}
#define CODE(code)                 \
	{                          \
		PYTHON, "-c", code \
	}
#define SEGV_ "FAILED SIGSEGV SEGV_MAPERR"
#define SEGV LIVED(SEGV_)
#define UTF8 .environment = {"PYTHONUTF8=1"}
#define ADDRESSES             \
	{                     \
		"0x[0-9a-f]+" \
	}

#define OWN "Python stack (most recent call last):\n"
#define OTHER "Python stack of thread 0x"

/* What is reported of one stack at most, and how many of them are the innermost ones. */
#define FRAMES_MOST 100
#define INNERMOST 75

static bool is_python(const cJSON *frame)
{
	return strcmp(reported_string(frame, "kind"), "python") == 0;
}

static size_t python_frames(const cJSON *end)
{
	const cJSON *frame;
	size_t count = 0;

	cJSON_ArrayForEach(frame, reported_get(end, "frames")) count += is_python(frame);
	return count;
}

/* The Python frames come first, and native ones follow. */
static void assert_native_frames_behind(const cJSON *end)
{
	const cJSON *frame;
	bool native = false;

	cJSON_ArrayForEach(frame, reported_get(end, "frames"))
	{
		if (native)
			assert_false(is_python(frame));
		native |= !is_python(frame);
	}
	assert_true(native);
}

/* "at 12 step train.py"; the output of RUN has SCRATCH for its directory. */
static void assert_frame(const struct run *run, const cJSON *frame, const char *said)
{
	const char *file = reported_string(frame, "file");
	size_t base = strncmp(file, run->base, strlen(run->base)) == 0 ? strlen(run->base) : 0;
	char record[1024];

	snprintf(record, sizeof record, "at %d %s %s%s", (int)reported_number(frame, "line"),
		reported_string(frame, "function"), base > 0 ? "SCRATCH" : "", file + base);
	if (strncmp(said, record, strlen(record)) != 0 || said[strlen(record)] != '\n')
		fail_msg("said:\n%.200s\ntold:\n%s", said, record);
}

static const char *skip_lines(const char *text, double count)
{
	while (count-- > 0) {
		text = strchr(text, '\n');
		assert_non_null(text++);
	}
	return text;
}

/* A traceback has the same frames, the other way round. */
static const char *assert_traceback_begins(const char *trace, const cJSON *frames, size_t count)
{
	if (strncmp(trace, OWN, strlen(OWN)) != 0)
		fail_msg("no Python stack in: %s", trace);
	trace += strlen(OWN);
	while (count-- > 0) {
		const cJSON *frame = cJSON_GetArrayItem(frames, (int)count);
		char line[1024];

		snprintf(line, sizeof line, "  File \"%s\", line %d, in %s\n",
			reported_string(frame, "file"), (int)reported_number(frame, "line"),
			reported_string(frame, "function"));
		if (strncmp(trace, line, strlen(line)) != 0)
			fail_msg("expected %snot %.200s", line, trace);
		trace += strlen(line);
		if (reported_number(frame, "left_out") > 0) {
			snprintf(line, sizeof line, "  ... %d frames left out\n",
				(int)reported_number(frame, "left_out"));
			assert_memory_equal(trace, line, strlen(line));
			trace += strlen(line);
		}
	}
	return trace;
}

/* END reports the frames of which RUN's output has a line each, and above them those of ctypes,
 * which the program does not see. */
static void assert_reported_as_said(const struct run *run, const cJSON *end)
{
	const char *out = run->out.data;
	const cJSON *frames = reported_get(end, "frames"), *frame;
	size_t count = python_frames(end), said = 0;

	cJSON_ArrayForEach(frame, frames)
	{
		if (!is_python(frame))
			break;
		if (said == 0 && strstr(reported_string(frame, "file"), "/ctypes/") != NULL)
			continue;
		out = skip_lines(out, reported_number(frame, "left_out"));
		assert_frame(run, frame, out);
		out = strchr(out, '\n') + 1;
		said++;
	}
	assert_true(said > 0);
	assert_true(strncmp(out, "at ", 3) != 0);
	assert_native_frames_behind(end);
	out = assert_traceback_begins(reported_string(end, "error_trace"), frames, count);
	assert_true(*out == '#' || strncmp(out, "  Garbage-collecting\n#", 22) == 0);
}

static void as_said(const struct run *watched)
{
	assert_reported_as_said(watched, run_end(watched));
}

static void as_said_by_child(const struct run *watched)
{
	for (size_t i = 0; i < watched->record.count; i++) {
		const struct reported_event *event = &watched->record.events[i];

		if (event->pid != watched->pid && reported_is_end(event->json))
			assert_reported_as_said(watched, event->json);
	}
}

/* A program of that depth has a few frames more, of the script's. */
static void head_and_tail(const struct run *watched)
{
	const cJSON *frames = reported_get(run_end(watched), "frames");

	as_said(watched);
	assert_int_equal(python_frames(run_end(watched)), FRAMES_MOST);
	assert_true(reported_number(cJSON_GetArrayItem(frames, INNERMOST), "left_out") > 0);
}

static void characters(const struct run *watched)
{
	static const char *const names[] = {
		"\360\220\220\200x", "\316\261\344\275\240", "\303\244\303\277", "plain"};
	const cJSON *frames = reported_get(run_end(watched), "frames");

	for (int i = 0; i < 4; i++) {
		const cJSON *frame = cJSON_GetArrayItem(frames, i + 1);
		char file[64];

		/* What cannot be printed is escaped. */
		snprintf(file, sizeof file, "<%s \\x7f\\x0a>", names[i]);
		assert_string_equal(reported_string(frame, "function"), names[i]);
		assert_string_equal(reported_string(frame, "file"), file);
	}
}

static void cut_names(const struct run *watched)
{
	const cJSON *frame = cJSON_GetArrayItem(reported_get(run_end(watched), "frames"), 1);

	assert_int_equal(strlen(reported_string(frame, "function")), 503);
	assert_int_equal(strlen(reported_string(frame, "file")), 503);
	assert_string_equal(reported_string(frame, "file") + 499, "f...");
}

static void collecting(const struct run *watched)
{
	as_said(watched);
	if (strstr(watched->command, "python3.8") == NULL) /* which does not say so */
		assert_non_null(strstr(reported_string(run_end(watched), "error_trace"),
			"\n  Garbage-collecting\n"));
}

static size_t others_in(const struct run *watched)
{
	size_t count = 0;

	for (const char *at = reported_string(run_end(watched), "error_trace");
		(at = strstr(at, OTHER)) != NULL; at++)
		count++;
	return count;
}

static void main_is_another(const struct run *watched)
{
	const char *other = strstr(reported_string(run_end(watched), "error_trace"), OTHER);

	as_said(watched);
	assert_int_equal(others_in(watched), 1);
	assert_non_null(strstr(other, ", in wait_for_thread\n  File "));
	assert_non_null(strstr(other, ", in join\n"));
}

/* The program has said the stacks of four others before its own, a line "other" before each. */
static void others_as_said(const struct run *watched)
{
	static const char said_head[] = "other\n", head[] = " (most recent call last):\n";
	const char *trace = reported_string(run_end(watched), "error_trace");
	const char *at = watched->out.data;
	int count = 0;

	for (; strncmp(at, said_head, strlen(said_head)) == 0; count++) {
		const char *end, *found = NULL;
		char stack[8192];
		int length;

		at += strlen(said_head);
		for (end = at; *end == ' '; end = strchr(end, '\n') + 1)
			;
		length = snprintf(stack, sizeof stack, "%s%.*s", head, (int)(end - at), at);
		found = strstr(trace, stack);
		if (found == NULL || found[length] == ' ')
			fail_msg("said:%s\ntold:\n%s", stack, trace);
		at = end;
	}
	assert_int_equal(count, 4);
	assert_int_equal(others_in(watched), 4);
}

static void main_is_first(const struct run *watched)
{
	const char *other = strstr(reported_string(run_end(watched), "error_trace"), OTHER);

	as_said(watched);
	assert_non_null(other);
	assert_non_null(strstr(other, ", in in_callback_of_native_thread\n"));
}

static void of_both_interpreters(const struct run *watched)
{
	const char *other = strstr(reported_string(run_end(watched), "error_trace"), OTHER);

	as_said(watched);
	assert_non_null(other);
	assert_non_null(strstr(other, ", in in_subinterpreter\n"));
}

/* The interpreter's stacks are those of others. */
static void native_thread(const struct run *watched)
{
	assert_int_equal(python_frames(run_end(watched)), 0);
	assert_int_equal(others_in(watched), 1);
}

static void twenty_others(const struct run *watched)
{
	as_said(watched);
	assert_int_equal(others_in(watched), 20);
}

static void none(const struct run *watched)
{
	assert_int_equal(python_frames(run_end(watched)), 0);
	assert_null(strstr(reported_string(run_end(watched), "error_trace"), "Python stack"));
	assert_native_frames_behind(run_end(watched));
}

/* Line 6 of the program itself, below the frame of ctypes. */
static void innermost_of_module(const struct run *watched)
{
	const cJSON *frame = cJSON_GetArrayItem(reported_get(run_end(watched), "frames"), 1);

	assert_string_equal(reported_string(frame, "function"), "<module>");
	assert_true(reported_number(frame, "line") == 6);
	assert_native_frames_behind(run_end(watched));
}

static void in_initialization(const struct run *watched)
{
	const cJSON *frame = cJSON_GetArrayItem(reported_get(run_end(watched), "frames"), 0);

	assert_string_equal(reported_string(frame, "function"), "<module>");
	assert_non_null(strstr(reported_string(frame, "file"), "encodings/__init__.py"));
}

static const struct run_case cases[] = {
	{"python's stack: a crash in a function", STANDS("null", "function"), SEGV,
		.also = as_said},
	{"python's stack: in Python code around C", STANDS("ctypes", "function"), SEGV,
		.also = as_said},
	{"python's stack: in a method", STANDS("null", "method"), SEGV, .also = as_said},
	{"python's stack: in a generator", STANDS("null", "generator"), SEGV, .also = as_said},
	{"python's stack: in a comprehension", STANDS("null", "comprehension"), SEGV,
		.also = as_said},
	{"python's stack: in a lambda that C calls", STANDS("null", "lambda"), SEGV,
		.also = as_said},
	{"python's stack: in the body of a class", STANDS("null", "class_body"), SEGV,
		.also = as_said},
	{"python's stack: 200 calls deep", STANDS("null", "depth"), SEGV, .also = head_and_tail},
	{"python's stack: 1,000 calls deep", STANDS("null", "long_recursion"), SEGV,
		.also = head_and_tail},
	{"python's stack: in a constructor", STANDS("null", "constructor"), SEGV, .also = as_said},
	{"python's stack: in a coroutine", STANDS("null", "coroutine"), SEGV, .also = as_said},
	{"python's stack: in an asynchronous generator", STANDS("null", "async_generator"), SEGV,
		.also = as_said},
	{"python's stack: at the end of a with", STANDS("null", "with"), SEGV, .also = as_said},
	{"python's stack: in a finally", STANDS("null", "finally"), SEGV, .also = as_said},
	{"python's stack: in a collection", STANDS("null", "collection"), SEGV, .also = collecting},
	{"python's stack: in atexit", STANDS("null", "atexit"), "*" SEGV_, .also = as_said},
	{"python's stack: in finalization", STANDS("null", "finalization"), "*" SEGV_,
		.also = as_said},
	{"python's stack: while it is traced", STANDS("null", "traced"), SEGV, .also = as_said},
	{"python's stack: thousands of lines", STANDS("null", "long_lines"), SEGV, .also = as_said},
	{"python's stack: characters of 1, 2 and 4 bytes", STANDS("null", "characters"), SEGV,
		.also = characters, .how = {UTF8}},
	{"python's stack: long names", STANDS("null", "long_name"), SEGV, .also = cut_names},
	{"python's stack: in a subinterpreter", STANDS("abort", "subinterpreter"),
		LIVED("FAILED SIGABRT abort"), .also = of_both_interpreters},
	{"python's stack: other threads, which wait", STANDS("null", "main_with_others"), SEGV,
		.also = others_as_said},
	{"python's stack: a thread that Python does not know", STANDS("null", "native_thread"),
		LIVED("FAILED SIGABRT abort"), .also = native_thread},
	{"python's stack: a callback in such a thread", STANDS("null", "callback_of_native_thread"),
		SEGV, .also = main_is_first},
	{"python's stack: in a child that a thread forked", STANDS("null", "child_of_thread"),
		LIVED("SUCCEEDED return 0"), {"INIT, FAILED SIGSEGV SEGV_MAPERR"},
		.also = as_said_by_child, .masks = {"pid=[0-9]+"}},
	{"python's stack: in a thread, main waits", STANDS("null", "thread"), SEGV,
		.also = main_is_another},
	{"python's stack: in main, 20 threads", STANDS("null", "main_of_many"), SEGV,
		.also = twenty_others},
	{"python's stack: names that are not ASCII", STANDS("null", "unicode"), SEGV,
		.also = as_said, .how = {UTF8}},
	{"python's stack: a module in a zip file", STANDS("null", "zip"), SEGV, .also = as_said},
	{"python's stack: frozen modules, while importing", STANDS("null", "import"), SEGV,
		.also = as_said},
	{"python's stack: code that has no file", STANDS("null", "exec"), SEGV, .also = as_said},
	{"python's stack: python -c",
		CODE("import ctypes, sys\n"
		     "def f(): print('at 2 f <string>\\nat 3 <module> <string>', "
		     "flush=True), ctypes.string_at(0)\nf()"),
		SEGV, .also = as_said},
	{"python's stack: in a forked child", STANDS("null", "child_of_fork"),
		LIVED("SUCCEEDED return 0"), {"INIT, FAILED SIGSEGV SEGV_MAPERR"},
		.also = as_said_by_child},
	{"python's stack: in a process of multiprocessing", STANDS("null", "multiprocessing"),
		LIVED("SUCCEEDED return 0"), {"INIT, FAILED SIGSEGV SEGV_MAPERR"},
		.also = as_said_by_child},
	{"python's stack: os.abort()", STANDS("abort", "method"), LIVED("FAILED SIGABRT abort"),
		.also = as_said},
	{"python's stack: dumps core", STANDS("null", "thread"), SEGV, .also = main_is_another,
		.how.core = true},
	{"python's stack: under faulthandler",
		{PYTHON, "-X", "faulthandler", SCRIPT("stands.py"), "null", "thread"},
		LIVED("FAILED SIGSEGV *"), .also = main_is_another, .masks = ADDRESSES},
	{"python's stack: os.abort() under faulthandler",
		{PYTHON, "-X", "faulthandler", SCRIPT("stands.py"), "abort", "method"},
		LIVED("FAILED SIGABRT *"), .also = as_said, .masks = ADDRESSES},
	{"python's stack: faulthandler at a signal of the program's choice",
		CODE("import ctypes, faulthandler, os, signal\n"
		     "faulthandler.register(10, all_threads=True)\nos.kill(os.getpid(), 10)\n"
		     "print(faulthandler.unregister(10), faulthandler.unregister(10), "
		     "faulthandler.is_enabled())\n"
		     "print('at 6 <module> <string>', flush=True)\n"
		     "ctypes.string_at(0)"),
		SEGV, .also = innermost_of_module, .masks = ADDRESSES},
	{"python's stack: faulthandler on and off",
		CODE("import ctypes, faulthandler\n"
		     "faulthandler.enable(); faulthandler.dump_traceback_later(100)\n"
		     "faulthandler.cancel_dump_traceback_later(); print(faulthandler.disable())\n"
		     "print(faulthandler.is_enabled(), flush=True)\n\nctypes.string_at(0)"),
		SEGV, .also = innermost_of_module, .masks = ADDRESSES},
};

static const struct run_case termination_cases[] = {
	{"python's stack: SIGTERM while it sleeps", STANDS("asleep", "method"),
		LIVED("FAILED SIGTERM *"), .how = {SIGTERM_IN_ITS_OWN_TIME, .signal = SIGTERM},
		.also = as_said},
	{"python's stack: SIGTERM in a C call", STANDS("in_c", "generator"),
		LIVED("FAILED SIGTERM *"), .how = {SIGTERM_IN_ITS_OWN_TIME, .signal = SIGTERM},
		.also = as_said},
	{"python's stack: SIGTERM while it imports", STANDS("asleep", "import"),
		LIVED("FAILED SIGTERM *"), .how = {SIGTERM_IN_ITS_OWN_TIME, .signal = SIGTERM},
		.also = as_said},
	{"python's stack: SIGTERM, 20 threads", STANDS("asleep", "main_of_many"),
		LIVED("FAILED SIGTERM *"), .how = {SIGTERM_IN_ITS_OWN_TIME, .signal = SIGTERM},
		.also = twenty_others},
	{"python's stack: SIGTERM, main waits for a thread", STANDS("asleep", "thread"),
		LIVED("FAILED SIGTERM *"), .how.signal = SIGTERM},
	{"python's stack: SIGHUP", STANDS("in_c", "method"), LIVED("FAILED SIGHUP *"),
		.how.signal = SIGHUP, .also = as_said},
	{"python's stack: SIGQUIT", STANDS("asleep", "method"), LIVED("FAILED SIGQUIT *"),
		.how.signal = SIGQUIT, .also = as_said},
	{"python's stack: SIGINT is Python's own", STANDS("asleep", "method"),
		LIVED("FAILED exception KeyboardInterrupt"),
		.how = {.signal = SIGINT, .environment = {"PYTHONNODEBUGRANGES=1"}}},
	{"python's stack: SIGTERM to itself",
		{PYTHON, SCRIPT("stands.py"), "own_signal", "lambda", "15"},
		LIVED("FAILED SIGTERM *"), .how = {SIGTERM_IN_ITS_OWN_TIME}, .also = as_said},
	{"python's stack: none after the interpreter's end",
		CODE("import ctypes; libc = ctypes.CDLL(None)\n"
		     "libc.__cxa_atexit(libc.abort, None, None)"),
		LIVED("*FAILED SIGABRT abort"), .also = none},
	{"python's stack: none in a program without Python", {VICTIM("crashes"), "abort"},
		LIVED("FAILED SIGABRT abort"), .also = none},
	{"python's stack: SIGTERM before the interpreter is ready",
		{"/bin/sh", "-c",
			"mkdir encodings && echo 'import posix; posix.kill(posix.getpid(), 15)' "
			">encodings/__init__.py && PYTHONPATH=. exec " PYTHON " -c pass"},
		"*FAILED SIGTERM *", .others = {"*"}, .also = in_initialization},
};

#define MADE_MAX (PYTHONS_MAX * (sizeof cases + sizeof termination_cases) / sizeof(struct run_case))

static struct run_case made[MADE_MAX];
static char sentences[MADE_MAX][128];
static size_t made_count;

/* The cases that run Debian's Python, with another. */
static void make_cases(const struct run_case *from, size_t count, const struct python *python)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(from[i].argv[0], PYTHON) != 0)
			continue;
		snprintf(sentences[made_count], sizeof *sentences, "%s%s", python->name,
			from[i].sentence + strlen("python"));
		made[made_count] = from[i];
		made[made_count].argv[0] = python->path;
		made[made_count].sentence = sentences[made_count];
		made_count++;
	}
}

int main(void)
{
	static struct python pythons[PYTHONS_MAX];
	size_t count = pythons_find(pythons);

	for (size_t i = 1; i < count; i++) {
		make_cases(cases, sizeof cases / sizeof *cases, &pythons[i]);
		make_cases(termination_cases, sizeof termination_cases / sizeof *termination_cases,
			&pythons[i]);
	}
	return run_cases("python's stacks", cases) +
	       run_cases("python's stacks at terminations", termination_cases) +
	       run_cases_("other pythons' stacks", made, made_count);
}
