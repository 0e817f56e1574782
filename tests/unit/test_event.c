/* SPDX-License-Identifier: Apache-2.0 */
/* The readable forms of an event: reason, message, trace. */
#include "core/logging/level.h"
#include "tests/support/event_sample.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *text_by(
	void (*make)(const struct event *, struct text *), const struct event *event)
{
	static char buffer[4096];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	make(event, &text);
	assert_false(text.truncated);
	return buffer;
}

#define assert_reason(event, expected) assert_string_equal(text_by(event_reason, event), expected)
#define assert_message(event, expected) assert_string_equal(text_by(event_message, event), expected)
#define assert_trace(event, expected) \
	assert_string_equal(text_by(event_error_trace, event), expected)

/* An end without a stack. */
static struct event ended(enum event_cause cause)
{
	struct event event = sample_fault();

	event.cause = cause;
	event.signal = (struct event_signal){.sender_uid = -1};
	event.frame_count = 0;
	return event;
}

static struct event ended_by(enum event_cause cause, int number, int code)
{
	struct event event = ended(cause);

	event.signal.number = number;
	event.signal.has_code = true;
	event.signal.code = code;
	return event;
}

static void a_fault_says_where_and_what_was_not_there(void **state)
{
	struct event event = sample_fault();

	(void)state;
	assert_reason(&event, "SIGSEGV (address not mapped) at 0x8 in step (solver.c:88)");
	event.signal.has_address = false;
	event.signal.has_code = false;
	assert_reason(&event, "SIGSEGV in step (solver.c:88)");
	event = ended_by(CAUSE_FAULT, SIGFPE, FPE_INTDIV);
	assert_reason(&event, "SIGFPE (integer division by zero)");
}

static void a_location_is_as_exact_as_what_is_known(void **state)
{
	struct frame frame = sample_frames[1];
	struct event event = sample_fault();

	(void)state;
	event.frames = &frame;
	event.frame_count = 1;
	event.signal.has_address = false;
	frame.line = 0;
	assert_reason(&event, "SIGSEGV (address not mapped) in step (solver.c)");
	frame.file = NULL;
	assert_reason(&event, "SIGSEGV (address not mapped) in step (solver+0x1139)");
	frame.function = NULL;
	assert_reason(&event, "SIGSEGV (address not mapped) in solver+0x1139");
	frame.module = NULL;
	assert_reason(&event, "SIGSEGV (address not mapped) in 0x7f0000001139");
	frame.function = "step";
	assert_reason(&event, "SIGSEGV (address not mapped) in step");
	frame.file = "solver.c";
	frame.line = 1;
	assert_reason(&event, "SIGSEGV (address not mapped) in step (solver.c:1)");
}

static void a_fault_that_a_handler_had_first_comes_before_the_end(void **state)
{
	struct event event = sample_fault();

	(void)state;
	event.fault = (struct event_fault){
		.number = SIGSEGV, .code = SEGV_MAPERR, .has_address = true, .address = 0x8};
	assert_reason(&event, "SIGSEGV (address not mapped) at 0x8 in step (solver.c:88)");
	event.signal = (struct event_signal){
		.number = SIGABRT, .has_code = true, .code = SI_TKILL, .sender_is = SENDER_SELF};
	assert_reason(
		&event, "SIGSEGV (address not mapped) at 0x8 in step (solver.c:88), then SIGABRT");
	event.signal.number = 0;
	event.how = HOW__EXIT;
	event.exit_code = 3;
	assert_reason(
		&event, "SIGSEGV (address not mapped) at 0x8 in step (solver.c:88), then exit 3");
	event.fault.has_address = false;
	event.frame_count = 0;
	assert_reason(&event, "SIGSEGV (address not mapped), then exit 3");
	assert_int_equal(event_level(&event), LEVEL_CRITICAL);
}

static void a_fault_of_another_thread_comes_behind_the_end(void **state)
{
	struct event event = ended(CAUSE_EXIT);

	(void)state;
	event.how = HOW_EXIT;
	event.exit_code = 3;
	event.fault = (struct event_fault){.number = SIGFPE, .code = FPE_INTDIV, .tid = 4712};
	assert_reason(&event, "exit 3, after SIGFPE (integer division by zero) in thread 4712");
	event.state = NODE_RUNNING;
	assert_reason(&event, "");
}

static void the_c_librarys_own_frames_are_not_the_location(void **state)
{
	static const char *const runtimes[] = {"/lib/libc.so.6", "/lib/libc-2.31.so",
		"/lib/libpthread.so.0", "/lib64/ld-linux-x86-64.so.2", "libstdc++.so.6",
		"/lib/libgcc_s.so.1", "linux-vdso.so.1"};
	struct event event = sample_fault();

	(void)state;
	event.signal.has_code = event.signal.has_address = false;
	for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++) {
		struct frame_module module = {.path = runtimes[i]};
		struct frame frames[] = {sample_frames[0], sample_frames[0], sample_frames[1]};

		frames[0].module = frames[1].module = &module;
		event.frames = frames;
		event.frame_count = 3;
		assert_reason(&event, "SIGSEGV in step (solver.c:88)");
	}
	event.frames = sample_frames;
	event.frame_count = 1;
	assert_reason(&event, "SIGSEGV in strlen (libc.so.6+0x10)"); /* there is no other */
}

static void an_abort_says_what_libc_printed(void **state)
{
	struct event event = ended_by(CAUSE_ABORT, SIGABRT, SI_TKILL);

	(void)state;
	event.signal.sender_is = SENDER_SELF;
	assert_reason(&event, "SIGABRT from itself");
	event.abort_message = "free(): invalid pointer\nAborted\n";
	event.frames = sample_frames;
	event.frame_count = 2;
	assert_reason(&event, "SIGABRT from itself: free(): invalid pointer in step (solver.c:88)");
	event.signal.number = 0; /* reported before the signal is raised, and not by its number */
	event.how = HOW_NONE;
	assert_reason(&event, "abort");
}

static void an_exception_is_its_type_and_the_first_line_of_its_message(void **state)
{
	struct event event = ended(CAUSE_EXCEPTION);

	(void)state;
	event.how = HOW_EXIT;
	event.exit_code = 1;
	assert_reason(&event, "exit 1");
	event.exception =
		(struct event_exception){"python", "ValueError", "bad batch\nof 3", "builtins"};
	assert_reason(&event, "ValueError: bad batch");
	event.exception.message = "";
	assert_reason(&event, "ValueError");
	event.exception.message = NULL;
	assert_reason(&event, "ValueError");
	event.exception.type = NULL;
	assert_reason(&event, "python");
	event.signal.number = SIGABRT; /* as C++ ends after one */
	assert_reason(&event, "python");
}

static void an_exit_is_its_status(void **state)
{
	struct event event = ended(CAUSE_EXIT);

	(void)state;
	event.how = HOW__EXIT;
	event.exit_code = 3;
	assert_reason(&event, "exit 3");
	event.exit_code = -1;
	assert_reason(&event, "exit -1");
	event.cause = CAUSE_NONE;
	event.state = NODE_SUCCEEDED;
	event.exit_code = 0;
	assert_reason(&event, "exit 0");
}

static void the_place_of_an_exit_is_a_line_of_source(void **state)
{
	static const struct frame_module petsc = {.path = "/usr/lib/libpetsc.so.3"};
	static const struct frame frames[] = {
		{.pc = 1, .kind = FRAME_CFI, .module = &petsc, .function = "PetscError"},
		{.pc = 2, .kind = FRAME_CFI, .function = "solve", .file = "solver.c", .line = 88},
		{.pc = 3, .kind = FRAME_CFI, .function = "main", .file = "solver.c", .line = 9},
	};
	struct event event = ended(CAUSE_EXIT);

	(void)state;
	event.how = HOW_EXIT;
	event.exit_code = 3;
	event.frames = frames;
	event.frame_count = 1;
	assert_reason(&event, "exit 3 in PetscError (libpetsc.so.3+0x0)");
	event.frame_count = 3;
	assert_reason(&event, "exit 3 in solve (solver.c:88)");
	event = ended_by(CAUSE_FAULT, SIGFPE, FPE_INTDIV);
	event.frames = frames;
	event.frame_count = 3;
	assert_reason(
		&event, "SIGFPE (integer division by zero) in PetscError (libpetsc.so.3+0x0)");
}

static void a_signal_from_somebody_says_from_whom(void **state)
{
	struct event event = ended_by(CAUSE_TERMINATED, SIGTERM, SI_USER);

	(void)state;
	event.frames = sample_frames; /* where it was when it came matters to nobody */
	event.frame_count = 3;
	assert_reason(&event, "SIGTERM");
	event.signal.sender_pid = 31790;
	assert_reason(&event, "SIGTERM from pid 31790");
	event.signal.sender = "torchrun";
	event.signal.sender_is = SENDER_ANCESTOR;
	assert_reason(&event, "SIGTERM from torchrun (pid 31790)");
	event.signal.sender_is = SENDER_SELF;
	assert_reason(&event, "SIGTERM from itself");
	event = ended_by(CAUSE_TERMINATED, SIGALRM, SI_TIMER);
	assert_reason(&event, "SIGALRM (timer)");
}

static void a_kill_is_its_signal_where_the_waiter_knows_no_more(void **state)
{
	struct event event = ended(CAUSE_KILLED);

	(void)state;
	event.signal.number = SIGKILL;
	assert_reason(&event, "SIGKILL");
	event.cause = CAUSE_OOM;
	assert_reason(&event, "SIGKILL");
	event.signal.number = SIGRTMIN + 1;
	assert_reason(&event, "SIGRTMIN+1");
}

static void what_has_neither_signal_nor_status_is_its_cause(void **state)
{
	static const enum event_cause causes[] = {
		CAUSE_OOM, CAUSE_STOPPED, CAUSE_VANISHED, CAUSE_EXEC_FAILED};
	static const char *const reasons[] = {"oom", "stopped", "vanished", "exec_failed"};

	(void)state;
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
		struct event event = ended(causes[i]);

		assert_reason(&event, reasons[i]);
		assert_trace(&event, "");
	}
}

static void what_could_not_be_started_is_said_with_what_the_file_is(void **state)
{
	static const struct {
		struct event_exec exec;
		const char *reason;
	} cases[] = {
		{{"solver", ENOENT, FILE_UNKNOWN, NULL}, "solver: No such file or directory"},
		{{"./in.dat", EACCES, FILE_UNKNOWN, NULL}, "./in.dat: Permission denied"},
		{{"/tmp", EACCES, FILE_DIRECTORY, NULL}, "/tmp: a directory"},
		{{"./run", ENOENT, FILE_SCRIPT, "/bin/zsh"},
			"./run: its interpreter /bin/zsh is missing"},
		{{"./run", ENOENT, FILE_SCRIPT, "/bin/sh\r"},
			"./run: its first line (#!/bin/sh) ends as lines of Windows do"},
		{{"./old", ENOENT, FILE_ELF, NULL}, "./old: the loader that it names is missing"},
		{{"./arm", ENOEXEC, FILE_ELF, NULL},
			"./arm: a program for another kind of machine"},
		{{"./run", ENOEXEC, FILE_OTHER, NULL},
			"./run: no program, and no script that begins with #!"},
		{{"./gone", ENOEXEC, FILE_UNKNOWN, NULL}, "./gone: Exec format error"},
		{{"./big", E2BIG, FILE_UNKNOWN, NULL}, "./big: Argument list too long"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct event event = ended(CAUSE_EXEC_FAILED);
		char reason[200];

		event.how = HOW_EXIT;
		event.exit_code = 2;
		event.exec = cases[i].exec;
		snprintf(reason, sizeof reason, "could not start %s", cases[i].reason);
		assert_reason(&event, reason);
		event.cause = CAUSE_EXIT;
		snprintf(reason, sizeof reason, "exit 2 (%s)", cases[i].reason);
		assert_reason(&event, reason);
	}
}

static void what_is_no_end_has_no_reason_and_no_trace(void **state)
{
	struct event event = sample_fault();

	(void)state;
	event.foreign_trace = "Traceback\n";
	for (int i = 0; i < 2; i++) {
		event.state = i == 0 ? NODE_INIT : NODE_RUNNING;
		assert_reason(&event, "");
		assert_trace(&event, "");
	}
	event.state = NODE_SUCCEEDED;
	assert_trace(&event, "");
}

static void a_message_begins_with_the_rank_the_helper_or_the_program(void **state)
{
	struct event event = sample_init();

	(void)state;
	assert_message(&event, "rank 3 INIT");
	event.leader = false;
	assert_message(&event, "helper 31820 of rank 3 INIT");
	event.identity.rank = RANK_UNKNOWN;
	assert_message(&event, "solver (pid 31820) INIT");
	event.leader = true;
	event.state = NODE_RUNNING;
	assert_message(&event, "solver (pid 31820) RUNNING");
	event.state = NODE_SUCCEEDED;
	event.how = HOW_RETURN;
	assert_message(&event, "solver (pid 31820) SUCCEEDED");
}

static void a_failures_message_ends_with_its_reason(void **state)
{
	struct event event = sample_fault();

	(void)state;
	assert_message(
		&event, "rank 3 FAILED: SIGSEGV (address not mapped) at 0x8 in step (solver.c:88)");
	event = ended(CAUSE_VANISHED);
	event.leader = false;
	assert_message(&event, "helper 31820 of rank 3 FAILED: vanished");
}

static void a_trace_has_a_line_a_frame(void **state)
{
	struct event event = sample_fault();

	(void)state;
	assert_trace(&event, "#0  strlen+0x2 (/lib/libc.so.6+0x10)\n"
			     "#1  step+0x12 (/opt/job/solver+0x1139) src/solver.c:88\n"
			     "#2  0x1234\n");
}

static void a_foreign_trace_goes_before_the_native_one(void **state)
{
	struct frame frames[11];
	struct event event = sample_fault();

	(void)state;
	for (size_t i = 0; i < 11; i++)
		frames[i] = (struct frame){.pc = i};
	frames[10].file = "a.c";
	event.foreign_trace = "Traceback (most recent call last):\nValueError: bad\n";
	event.frames = frames;
	event.frame_count = 11;
	assert_trace(&event, "Traceback (most recent call last):\nValueError: bad\n"
			     "#0  0x0\n#1  0x1\n#2  0x2\n#3  0x3\n#4  0x4\n#5  0x5\n"
			     "#6  0x6\n#7  0x7\n#8  0x8\n#9  0x9\n#10 0xa a.c\n");
}

static void pythons_frames_are_no_native_ones(void **state)
{
	static const struct frame frames[] = {
		{.kind = FRAME_PYTHON, .function = "step", .file = "train.py", .line = 12},
		{.function = "scale", .pc = 0x10},
	};
	struct event event = sample_fault();

	(void)state;
	event.foreign_trace = "Python stack (most recent call last):\n"
			      "  File \"train.py\", line 12, in step\n";
	event.threads_trace = "Python stack of thread 0x7f (most recent call last):\n"
			      "  File \"load.py\", line 3, in run\n";
	event.frames = frames;
	event.frame_count = 2;
	assert_trace(&event, "Python stack (most recent call last):\n"
			     "  File \"train.py\", line 12, in step\n"
			     "#0  scale+0x0\n"
			     "Python stack of thread 0x7f (most recent call last):\n"
			     "  File \"load.py\", line 3, in run\n");
	assert_message(&event, "rank 3 FAILED: SIGSEGV (address not mapped) at 0x8 in scale");
	event.frame_count = 1;
	assert_message(
		&event, "rank 3 FAILED: SIGSEGV (address not mapped) at 0x8 in step (train.py:12)");
}

UNIT_TESTS(cmocka_unit_test(a_fault_says_where_and_what_was_not_there),
	cmocka_unit_test(a_location_is_as_exact_as_what_is_known),
	cmocka_unit_test(a_fault_that_a_handler_had_first_comes_before_the_end),
	cmocka_unit_test(a_fault_of_another_thread_comes_behind_the_end),
	cmocka_unit_test(the_c_librarys_own_frames_are_not_the_location),
	cmocka_unit_test(an_abort_says_what_libc_printed),
	cmocka_unit_test(an_exception_is_its_type_and_the_first_line_of_its_message),
	cmocka_unit_test(an_exit_is_its_status),
	cmocka_unit_test(the_place_of_an_exit_is_a_line_of_source),
	cmocka_unit_test(a_signal_from_somebody_says_from_whom),
	cmocka_unit_test(a_kill_is_its_signal_where_the_waiter_knows_no_more),
	cmocka_unit_test(what_has_neither_signal_nor_status_is_its_cause),
	cmocka_unit_test(what_could_not_be_started_is_said_with_what_the_file_is),
	cmocka_unit_test(what_is_no_end_has_no_reason_and_no_trace),
	cmocka_unit_test(a_message_begins_with_the_rank_the_helper_or_the_program),
	cmocka_unit_test(a_failures_message_ends_with_its_reason),
	cmocka_unit_test(a_trace_has_a_line_a_frame),
	cmocka_unit_test(a_foreign_trace_goes_before_the_native_one),
	cmocka_unit_test(pythons_frames_are_no_native_ones))
