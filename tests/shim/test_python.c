/* SPDX-License-Identifier: Apache-2.0 */
/* Python: its exceptions are reported in its own words, its output and status are its own. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define PYTHON "/usr/bin/python3"
#define CODE(code)                 \
	{                          \
		PYTHON, "-c", code \
	}
#define RAISED(type) LIVED("FAILED exception " type)
#define FINE LIVED("SUCCEEDED return 0")
/* Newer Pythons return from main, as at the end of the program. */
#define EXITS_0 LIVED("SUCCEEDED @(exit|return) 0")
#define ANY         \
	{           \
		"*" \
	}

/* From 3.13 on the carets below a line are left out of the trace (python_print.h). */
#define IN_PYTHONS_WORDS(judge) \
	.also = judge, .how.environment = {"PYTHONUTF8=1", "PYTHONNODEBUGRANGES=1"}

/* Whether EVENT is called "python3.11:WHAT", by the interpreter's own name. */
static bool is_named(const cJSON *event, const char *what)
{
	char path[PATH_MAX], name[PATH_MAX];

	assert_non_null(realpath(PYTHON, path));
	snprintf(name, sizeof name, "%s:%s", strrchr(path, '/') + 1, what);
	return strcmp(reported_string(event, "name"), name) == 0;
}

/* What Python printed, and nothing but native frames behind it. */
static void in_pythons_words(const struct run *watched)
{
	const char *trace = reported_string(run_end(watched), "error_trace");

	if (strncmp(trace, watched->err.data, watched->err.size))
		fail_msg("Python printed:\n%s\nerror_trace:\n%s", watched->err.data, trace);
	assert_true(reported_number(run_end(watched), "exit.code") == 1);
	assert_string_equal(reported_string(run_end(watched), "exception.language"), "python");
}

static void value_error(const struct run *watched)
{
	const cJSON *end = run_end(watched);

	in_pythons_words(watched);
	assert_string_equal(reported_string(end, "exception.message"), "bad batch");
	assert_string_equal(reported_string(end, "exception.module"), "builtins");
	assert_true(is_named(end, "exception"));
}

static void chained(const struct run *watched)
{
	in_pythons_words(watched);
	assert_string_equal(
		reported_string(run_end(watched), "exception.message"), "no gr\u00f6\u00dfe");
}

static const cJSON *raised_event(const struct run *watched)
{
	for (size_t i = 0; i < watched->record.count; i++) {
		const cJSON *event = watched->record.events[i].json;

		if (is_named(event, "raised"))
			return event;
	}
	return NULL;
}

/* The exception was reported when it was raised, before the process cleaned up. */
static void is_raised_first(const struct run *watched)
{
	const cJSON *raised = raised_event(watched);

	assert_non_null(raised);
	assert_string_equal(reported_string(raised, "node_state"), "RUNNING");
	assert_string_equal(reported_string(raised, "exception.type"), "ValueError");
	assert_string_equal(reported_string(raised, "exception.message"), "bad batch");
	assert_non_null(strstr(reported_string(raised, "error_trace"), "line 5, in <module>"));
	assert_non_null(strstr(reported_string(raised, "message"), "raised ValueError: bad batch"));
}

/* And that is the instant of the termination, whatever ends the process. */
static void is_dated_when_raised(const struct run *watched)
{
	const cJSON *raised = raised_event(watched), *end = run_end(watched);

	is_raised_first(watched);
	assert_true(reported_number(end, "time_us") == reported_number(raised, "time_us"));
	assert_string_equal(reported_string(end, "exception.message"), "bad batch");
}

static void is_not_raised(const struct run *watched)
{
	assert_null(raised_event(watched));
}

/* Raises, and prints "ready" when the main program is over. */
#define CLEANS_UP(how)                                                           \
	CODE("import atexit, os, threading, time\n"                              \
	     "def clean_up(): print('ready', flush=True), time.sleep(" how ")\n" \
	     "atexit.register(clean_up)\n"                                       \
	     "for i in range(1):\n"                                              \
	     "    raise ValueError('bad batch')")

static const struct run_case raised_cases[] = {
	{"python raised: it cleans up", CLEANS_UP("0.1"), RAISED("ValueError"),
		.also = is_dated_when_raised},
	{"python raised: SIGTERM while it cleans up", CLEANS_UP("30"), RAISED("ValueError"),
		.how.signal = SIGTERM, .also = is_dated_when_raised},
	{"python raised: SIGKILL while it cleans up", CLEANS_UP("30"), "INIT, RUNNING",
		.unended = 1, .how.signal = SIGKILL, .also = is_raised_first},
	{"python raised: _exit while it cleans up", CLEANS_UP("0), os._exit(7"),
		RAISED("ValueError"), .also = is_dated_when_raised},
	{"python raised: while another thread runs",
		CODE("import threading, time\n"
		     "def run(): time.sleep(0.2)\n"
		     "threading.Thread(target=run).start()\n"
		     "if True:\n"
		     "    raise ValueError('bad batch')"),
		RAISED("ValueError"), .also = is_dated_when_raised},
	{"python raised: in a callback, and printed",
		CODE("import ctypes, os, signal\n"
		     "def raise_it(): raise ValueError('printed')\n"
		     "print_it = ctypes.pythonapi.PyRun_SimpleString\n"
		     "print(print_it(b'raise ValueError(1)'), flush=True)\n"
		     "os.kill(os.getpid(), signal.SIGKILL)"),
		"INIT, RUNNING", .unended = 1, .also = is_not_raised},
	{"python raised: at a prompt",
		{PYTHON, "-i", "-c",
			"import os; os.dup2(os.open('/dev/null', 0), 0); raise ValueError"},
		LIVED("*"), .also = NULL},
};

static const struct run_case cases[] = {
	{"python: a success", CODE("pass"), FINE},
	{"python: sys.exit(3)", CODE("import sys; sys.exit(3)"), LIVED("FAILED exit 3")},
	{"python: sys.exit('x')", CODE("import sys; sys.exit('x')"), LIVED("FAILED exit 1")},
	{"python: sys.exit(0)", CODE("import sys; sys.exit(0)"), EXITS_0},
	{"python: its debugging allocators", {PYTHON, "-X", "dev", "-c", "print('fine')"}, FINE},
	{"python: PYTHONMALLOC=debug", CODE("print('fine')"), FINE,
		.how.environment = {"PYTHONMALLOC=debug"}},
	{"python: debugging allocators in a forked child",
		CODE("import os, sys\npid = os.fork()\nif not pid: sys.exit(3)\n"
		     "print(os.waitpid(pid, 0)[1])"),
		FINE, {"INIT, FAILED exit 3"}, .how.environment = {"PYTHONMALLOC=debug"}},
	{"python: a traced allocator", {PYTHON, "-X", "tracemalloc", "-c", "print('fine')"}, FINE},
	{"python: an uncaught ValueError", CODE("raise ValueError('bad batch')"),
		RAISED("ValueError"), IN_PYTHONS_WORDS(value_error)},
	{"python: an exception of a module's own", CODE("import json; json.loads('{')"),
		RAISED("*JSONDecodeError"), IN_PYTHONS_WORDS(in_pythons_words)},
	{"python: chained exceptions", {PYTHON, SCRIPT("chained.py")}, RAISED("RuntimeError"),
		IN_PYTHONS_WORDS(chained)},
	{"python: a SyntaxError", CODE("x = = 1"), RAISED("SyntaxError"),
		IN_PYTHONS_WORDS(in_pythons_words)},
	{"python: an exception group",
		CODE("raise ExceptionGroup('two', [OSError(1), KeyError('k')])"),
		RAISED("ExceptionGroup"), IN_PYTHONS_WORDS(in_pythons_words)},
	{"python: an exception with a note",
		CODE("e = ValueError('v'); e.add_note('a note'); raise e"), RAISED("ValueError"),
		IN_PYTHONS_WORDS(in_pythons_words)},
	{"python: an exception whose text raises",
		CODE("class E(Exception):\n  def __str__(self): raise OSError()\nraise E()"),
		RAISED("*E")},
	{"python: a hook of the program's own",
		CODE("import sys; sys.excepthook = lambda *a: print('hook'); raise "
		     "ValueError('v')"),
		RAISED("ValueError")},
	{"python: an exception that is caught",
		CODE("try:\n  1/0\nexcept OSError: pass\n"
		     "except ZeroDivisionError: print('caught')"),
		FINE},
	{"python: recursion without end", CODE("def f(): f()\nf()"), RAISED("RecursionError")},
	{"python: a missing file", {PYTHON, "/no/such.py"}, LIVED("FAILED *2")},
	{"python: KeyboardInterrupt",
		CODE("import os, signal; os.kill(os.getpid(), signal.SIGINT); input()"),
		LIVED("FAILED @(SIGINT *|exception KeyboardInterrupt)")},
	{"python: os._exit(4)", CODE("import os; os._exit(4)"), LIVED("FAILED _exit 4")},
	{"python: os.abort()", CODE("import os; os.abort()"), LIVED("FAILED SIGABRT abort")},
	{"python: a null pointer", CODE("import ctypes; ctypes.string_at(0)"),
		LIVED("FAILED SIGSEGV SEGV_MAPERR")},
	{"python: a null pointer under faulthandler",
		{PYTHON, "-X", "faulthandler", "-c", "import ctypes; ctypes.string_at(0)"},
		LIVED("FAILED SIGSEGV *"), .masks = {"0x[0-9a-f]+"}},
	{"python: os.abort() under faulthandler",
		{PYTHON, "-X", "faulthandler", "-c", "import os; os.abort()"},
		LIVED("FAILED SIGABRT *"), .masks = {"0x[0-9a-f]+"}},
	{"python: dumps core at a null pointer", CODE("import ctypes; ctypes.string_at(0)"),
		LIVED("FAILED SIGSEGV SEGV_MAPERR"), .how.core = true},
	{"python: SIGTERM to itself", CODE("import os; os.kill(os.getpid(), 15)"),
		LIVED("FAILED SIGTERM *")},
	{"python: a handler of its own",
		CODE("import os, signal, sys\n"
		     "signal.signal(15, lambda *a: sys.exit(6)); os.kill(os.getpid(), 15)"),
		LIVED("FAILED exit 6")},
	{"python: what it sees of signals",
		CODE("import signal\n"
		     "print([signal.getsignal(n) for n in range(1, 65) if n not in (9, 19, 32, "
		     "33)])"),
		FINE, .masks = {"0x[0-9a-f]+"}},
	{"python: an exception in a thread",
		CODE("import threading\n"
		     "t = threading.Thread(target=lambda: 1/0, name='t'); t.start(); t.join()"),
		FINE},
	{"python: an exception in atexit", CODE("import atexit; atexit.register(lambda: 1/0)"),
		FINE, .masks = {"0x[0-9a-f]+"}},
	{"python: an exception, and yet os._exit(0)",
		CODE("import atexit, os\n"
		     "atexit.register(lambda: os._exit(0))\nraise ValueError('v')"),
		"INIT, RUNNING, *"},
};

static const struct run_case process_cases[] = {
	/* By a fork: Python waits for the child. */
	{"python: subprocess of nothing",
		CODE("import subprocess\nsubprocess._USE_POSIX_SPAWN = False\n"
		     "try: subprocess.run(['/nope'])\nexcept OSError as e: print(e)"),
		FINE, {"FAILED wait 255"}},
	/* libc waits for the child, and nobody else hears of it. */
	{"python: posix_spawn of nothing",
		CODE("import os\ntry: os.posix_spawn('/nope', ['nope'], {})\n"
		     "except OSError as e: print(e)"),
		FINE},
	{"python: subprocess through PATH",
		CODE("import subprocess; print(subprocess.run(['true']))"), FINE,
		{LIVED("SUCCEEDED *0")}},
	{"python: subprocess of a crasher",
		CODE("import subprocess\n"
		     "print(subprocess.run(['" VICTIM("crashes") "', 'abort']).returncode)"),
		FINE, {LIVED("FAILED SIGABRT abort")}},
	{"python: subprocess with preexec_fn",
		CODE("import subprocess, os\n"
		     "subprocess.run(['true'], preexec_fn=os.setsid, close_fds=True)"),
		FINE, {LIVED("SUCCEEDED *0")}},
	{"python: os.fork",
		CODE("import os\npid = os.fork()\nif not pid: os._exit(3)\n"
		     "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"),
		FINE, {"INIT, FAILED _exit 3"}},
	{"python: an exception in a fork child",
		CODE("import os\npid = os.fork()\n"
		     "if not pid: raise ValueError('child')\nos.waitpid(pid, 0)"),
		FINE, {"INIT, FAILED exception ValueError"}},
	{"python: os.posix_spawn without environment",
		CODE("import os\n"
		     "pid = os.posix_spawn('/bin/false', ['false'], {})\n"
		     "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"),
		FINE, {"FAILED wait 1"}},
	{"python: os.execv",
		CODE("import os; os.execv('" VICTIM("ends") "', ['ends', 'exit', '3'])"),
		"INIT, RUNNING, INIT, RUNNING, FAILED exit 3"},
	{"python: a pool of forked workers", {PYTHON, SCRIPT("fork_pool.py")}, FINE,
		{"INIT, SUCCEEDED _exit 0", "INIT, SUCCEEDED _exit 0", "INIT, SUCCEEDED _exit 0"}},
	{"python: a pool of spawned workers", {PYTHON, SCRIPT("spawn_pool.py")}, FINE, ANY},
	{"python: os.system", CODE("import os; print(os.system('exit 3'))"), FINE,
		{LIVED("FAILED *exit 3")}},
	{"python: descriptors",
		CODE("import os; print(sorted(int(f) for f in "
		     "os.listdir('/proc/self/fd') if int(f) < 700))"),
		FINE},
};

int main(void)
{
	return run_cases("python", cases) + run_cases("python's exceptions", raised_cases) +
	       run_cases("python's processes", process_cases);
}
