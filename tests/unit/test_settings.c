/* SPDX-License-Identifier: Apache-2.0 */
/* The key `vigil` of a configuration: what is read of it, and each error at its place. */
#include "core/config/config.h"

#include "core/base/signal_table.h"
#include "core/config/ini/file_config.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define INI                                                                                        \
	"[loggers]\nkeys=root\n[logger_root]\nhandlers=\n[formatters]\nkeys=\n[handlers]\nkeys=\n" \
	"[vigil]\n"

static struct arena arena;
static struct config_errors errors;
static struct config_settings settings;

/* All of YAML behind "version: 1", or of an INI file. */
static int parse(const char *text)
{
	struct config_context context = {.validate_only = true, .settings = &settings};
	struct logging *logging;

	memset(&errors, 0, sizeof errors);
	memset(&settings, 0xaa, sizeof settings);
	errors.arena = &arena;
	errors.path = "f";
	if (text[0] == '[')
		return file_config(&arena, text, strlen(text), &context, &logging, &errors);
	return config_parse(
		&arena, arena_strdup(&arena, text), strlen(text), &context, &logging, &errors);
}

static const struct config_settings *read_text(const char *text)
{
	int error = parse(text);

	if (error < 0)
		print_error("%s\n", errors.count > 0 ? errors.lines[0] : "?");
	assert_int_equal(error, 0);
	assert_int_equal(errors.warning_count, 0);
	return &settings;
}

static const struct config_settings *read_vigil(const char *value)
{
	char text[1024];

	snprintf(text, sizeof text, "version: 1\nvigil: %s\n", value);
	return read_text(text);
}

static const struct config_settings *read_ini(const char *options)
{
	char text[1024];

	snprintf(text, sizeof text, INI "%s\n", options);
	return read_text(text);
}

/* The one error of "vigil: VALUE", which begins at column 8 of line 2. */
static void assert_refused(const char *value, const char *expected)
{
	char text[1024];

	snprintf(text, sizeof text, "version: 1\nvigil: %s\n", value);
	assert_int_equal(parse(text), -EINVAL);
	assert_string_equal(errors.lines[0], expected);
	assert_int_equal(errors.count, 1);
	assert_int_equal(*(unsigned char *)&settings.trace.frames, 0xaa);
}

static void assert_ini_refused(const char *options, const char *expected)
{
	char text[1024];

	snprintf(text, sizeof text, INI "%s\n", options);
	assert_int_equal(parse(text), -EINVAL);
	assert_string_equal(errors.lines[0], expected);
	assert_int_equal(errors.count, 1);
}

/* All that is not the default, a line each. */
static const char *described(const struct config_settings *read)
{
	static char buffer[2048];
	struct text text;
	size_t length;

	text_init(&text, buffer, sizeof buffer);
	for (size_t i = 0;; i++) {
		length = text.length;
		if (!settings_describe(read, i, &text))
			return buffer;
		text_add(&text, text.length > length ? "\n" : "");
	}
}

#define assert_described(read, expected) assert_string_equal(described(read), expected)

static void nothing_said_is_the_default(void **state)
{
	const struct trace_settings *trace = &settings.trace;

	(void)state;
	read_text("version: 1\n");
	assert_described(&settings, "");
	assert_true(settings.error_file && !settings.factories);
	assert_int_equal(trace->frames, 128);
	assert_int_equal(trace->timeout_ms, 3000);
	assert_int_equal(trace->threads, TRACE_THREADS_PYTHON);
	assert_int_equal(trace->names, TRACE_NAMES_SYMTAB);
	assert_true(trace->python && trace->cxx && trace->abort_message && trace->terminated);
	assert_true(trace->exits && trace->alternate_stacks && !trace->registers);
	assert_described(read_vigil("null"), "");
	assert_described(read_vigil("{}"), "");
	assert_described(read_vigil("{trace: null, signals: null}"), "");
	assert_described(read_vigil("{trace: {}, signals: {}}"), "");
	assert_described(read_vigil("{trace: true}"), "");
}

static void every_deadly_signal_is_reported_by_default(void **state)
{
	(void)state;
	read_text("version: 1\n");
	assert_int_equal(settings.signals.core & settings.signals.terminated, 0);
	for (int number = 1; number <= SIGNAL_MAX; number++)
		assert_int_equal(((settings.signals.core | settings.signals.terminated) &
					 SIGNAL_BIT(number)) != 0,
			signal_kills(number));
	assert_true(settings.signals.core & SIGNAL_BIT(SIGQUIT));
	assert_true(settings.signals.terminated & SIGNAL_BIT(SIGTERM));
}

static void every_key_of_trace(void **state)
{
	(void)state;
	assert_described(read_vigil("{trace: {frames: 1, threads: all, timeout_ms: 60000, names: "
				    "dynsym, registers: yes, python: no, cxx: no, abort_message: "
				    "off, exits: false, terminated: false, "
				    "alternate_stacks: 'no'}, error_file: false, factories: true, "
				    "argv: none, calls: [nccl, fsync]}"),
		"factories: true\nerror_file: false\nargv: none\ncalls: nccl, fsync\n"
		"trace.frames: 1\n"
		"trace.threads: all\ntrace.timeout_ms: 60000\ntrace.names: dynsym\n"
		"trace.registers: true\n"
		"trace.python: false\ntrace.cxx: false\ntrace.abort_message: false\n"
		"trace.exits: false\ntrace.terminated: false\ntrace.alternate_stacks: "
		"false\n");
	assert_int_equal(settings.trace.threads, TRACE_THREADS_ALL);
	assert_described(read_vigil("{calls: false}"), "calls: none\n");
	assert_described(read_vigil("{calls: [mpi]}"), "");
	assert_described(read_vigil("{trace: {threads: crashed, frames: '77'}}"),
		"trace.frames: 77\ntrace.threads: crashed\n");
	assert_described(read_vigil("{trace: false}"), "trace.timeout_ms: 0\n");
	assert_described(read_vigil("{trace: 'off'}"), "trace.timeout_ms: 0\n");
}

/* YAML's words for false are a choice here. */
static void names_may_be_off(void **state)
{
	(void)state;
	assert_described(read_vigil("{trace: {names: off}}"), "trace.names: off\n");
	assert_described(read_vigil("{trace: {names: 'off'}}"), "trace.names: off\n");
	assert_described(read_vigil("{trace: {names: false}}"), "trace.names: off\n");
	assert_refused("{trace: {names: on}}",
		"f:2:24: vigil.trace.names: expected one of symtab, dynsym, off, found 'true'");
}

static void lists_of_signals(void **state)
{
	(void)state;
	assert_described(read_vigil("{signals: {core: [SEGV, SIGBUS, IOT], terminated: [TERM, "
				    "SIGTERM, RTMIN, SIGRTMIN+1, RTMAX, RTMAX-1]}}"),
		"signals.core: ABRT, BUS, SEGV\n"
		"signals.terminated: TERM, RTMIN to RTMIN+1, RTMIN+29 to RTMIN+30\n");
	assert_described(read_vigil("{signals: {core: [], terminated: []}}"),
		"signals.core: none\nsignals.terminated: none\n");
	assert_described(
		read_vigil("{signals: {terminated: [TERM]}}"), "signals.terminated: TERM\n");
}

/* What one list names, the default of the other has no more. */
static void a_named_signal_changes_lists(void **state)
{
	(void)state;
	assert_described(read_vigil("{signals: {terminated: [QUIT]}}"),
		"signals.core: ILL, TRAP, ABRT, BUS, FPE, SEGV, XCPU, XFSZ, SYS\n"
		"signals.terminated: QUIT\n");
	read_vigil("{signals: {core: [SEGV, TERM]}}");
	assert_false(settings.signals.terminated & SIGNAL_BIT(SIGTERM));
	assert_true(settings.signals.terminated & SIGNAL_BIT(SIGINT));
	assert_false((settings.signals.core | settings.signals.terminated) & SIGNAL_BIT(SIGBUS));
}

static void signals_that_are_refused(void **state)
{
	(void)state;
	assert_refused("{signals: {core: [TREM]}}",
		"f:2:26: vigil.signals.core[0]: unknown signal 'TREM'; did you mean 'TRAP'?");
	assert_refused("{signals: {core: [SIGSEG]}}",
		"f:2:26: vigil.signals.core[0]: unknown signal 'SIGSEG'; did you mean 'SEGV'?");
	assert_refused("{signals: {core: [term]}}",
		"f:2:26: vigil.signals.core[0]: unknown signal 'term'; did you mean 'TERM'?");
	assert_refused("{signals: {core: [SEGV, 15]}}",
		"f:2:32: vigil.signals.core[1]: expected the name of a signal, found 15; did you "
		"mean 'TERM'?");
	assert_refused("{signals: {core: ['9']}}",
		"f:2:26: vigil.signals.core[0]: expected the name of a signal, found 9");
	assert_refused("{signals: {core: [-1]}}",
		"f:2:26: vigil.signals.core[0]: expected the name of a signal, found -1");
	assert_refused("{signals: {core: [SIGKILL]}}",
		"f:2:26: vigil.signals.core[0]: SIGKILL cannot be caught");
	assert_refused("{signals: {terminated: [STOP]}}",
		"f:2:32: vigil.signals.terminated[0]: SIGSTOP cannot be caught");
	assert_refused("{signals: {terminated: [CHLD]}}",
		"f:2:32: vigil.signals.terminated[0]: SIGCHLD does not end a process by default");
	assert_refused("{signals: {terminated: [RTMIN+31]}}",
		"f:2:32: vigil.signals.terminated[0]: unknown signal 'RTMIN+31'");
	assert_refused("{signals: {terminated: [null]}}",
		"f:2:32: vigil.signals.terminated[0]: expected the name of a signal, found null");
	assert_refused("{signals: {terminated: [HUP, TERM], core: [TERM]}}",
		"f:2:37: vigil.signals.terminated[1]: SIGTERM is in 'core', too; a signal is in "
		"one "
		"list");
	assert_refused("{signals: {terminated: null}}",
		"f:2:31: vigil.signals.terminated: expected a list of signals, found null; write "
		"[]");
	assert_refused("{signals: {core: SEGV, terminated: []}}",
		"f:2:25: vigil.signals.core: expected a list of signals, found a string; write "
		"[SEGV]");
	assert_refused("{signals: {core: [], terminated: {TERM: 1}}}",
		"f:2:41: vigil.signals.terminated: expected a list of signals, found a mapping; "
		"write "
		"[]");
}

static void values_that_are_refused(void **state)
{
	(void)state;
	assert_refused(
		"{trace: {frames: 0}}", "f:2:25: vigil.trace.frames: expected 1 to 128, found 0");
	assert_refused("{trace: {frames: 129}}",
		"f:2:25: vigil.trace.frames: expected 1 to 128, found 129");
	assert_refused("{trace: {timeout_ms: 60001}}",
		"f:2:29: vigil.trace.timeout_ms: expected 0 to 60000, found 60001");
	assert_refused("{trace: {timeout_ms: -1}}",
		"f:2:29: vigil.trace.timeout_ms: expected 0 to 60000, found -1");
	assert_refused("{trace: {timeout_ms: 99999999999999999999}}",
		"f:2:29: vigil.trace.timeout_ms: expected a number from 0 to 60000, found "
		"99999999999999999999");
	assert_refused("{trace: {timeout_ms: 2s}}",
		"f:2:29: vigil.trace.timeout_ms: expected a number from 0 to 60000, found 2s");
	assert_refused("{trace: {timeout_ms: null}}",
		"f:2:29: vigil.trace.timeout_ms: expected a number from 0 to 60000, found null");
	assert_refused("{trace: {frames: true}}",
		"f:2:25: vigil.trace.frames: expected a number from 1 to 128, found a boolean");
	assert_refused("{trace: {threads: pythn}}", "f:2:26: vigil.trace.threads: expected one of "
						    "crashed, python, all, found 'pythn'; did "
						    "you mean 'python'?");
	assert_refused("{trace: {threads: 3}}",
		"f:2:26: vigil.trace.threads: expected a string, found an integer");
	assert_refused("{trace: {python: maybe}}",
		"f:2:25: vigil.trace.python: expected true or false, found maybe");
	assert_refused("{trace: 64}",
		"f:2:16: vigil.trace: expected true, false or a mapping, found an integer");
	assert_refused(
		"{signals: [TERM]}", "f:2:18: vigil.signals: expected a mapping, found a list");
	assert_refused("[trace]", "f:2:8: vigil: expected a mapping, found a list");
}

static void unknown_settings(void **state)
{
	(void)state;
	assert_refused("{speed: 1}", "f:2:9: vigil.speed: unknown setting; known are: factories, "
				     "error_file, output, argv, calls, trace, signals");
	assert_refused("{signal: {}}",
		"f:2:9: vigil.signal: unknown setting; known are: factories, "
		"error_file, output, argv, calls, trace, signals; did you mean 'signals'?");
	assert_refused("{frames: 3}", "f:2:9: vigil.frames: unknown setting; known are: factories, "
				      "error_file, output, argv, calls, trace, signals");
	assert_refused("{trace: {frame: 3}}", "f:2:17: vigil.trace.frame: unknown setting; known "
					      "are: frames, threads, timeout_ms, "
					      "names, registers, python, cxx, abort_message, "
					      "exits, terminated, alternate_stacks; did you "
					      "mean 'frames'?");
	assert_refused("{signals: {term: []}}",
		"f:2:19: vigil.signals.term: unknown setting; known are: core, terminated");
}

static void all_errors_of_a_file_are_reported(void **state)
{
	(void)state;
	assert_int_equal(
		parse("version: 1\nvigil: {trace: {frames: 0, x: 1}, signals: {core: [9, 99], "
		      "terminated: [X]}}\nroot: {level: Y}\n"),
		-EINVAL);
	assert_int_equal(errors.count, 6);
}

static void references_lead_to_settings(void **state)
{
	(void)state;
	assert_int_equal(parse("version: 1\nmine: {frames: 9, term: TERM, none: []}\n"
			       "vigil: {trace: {frames: 'cfg://mine.frames'}, signals: {core: "
			       "['cfg://mine.term'], terminated: 'cfg://mine.none'}}\n"),
		0);
	assert_described(
		&settings, "trace.frames: 9\nsignals.core: TERM\nsignals.terminated: none\n");
}

static void an_ini_file_has_the_same(void **state)
{
	(void)state;
	assert_described(read_ini(""), "");
	assert_described(
		read_ini("factories = on\ntrace.frames: 7\ntrace.threads=all\ntrace.names=off\n"
			 "trace.python = no\nsignals.core = SEGV , SIGBUS\n"
			 "signals.terminated ="),
		"factories: true\ntrace.frames: 7\ntrace.threads: all\ntrace.names: off\n"
		"trace.python: false\nsignals.core: BUS, SEGV\nsignals.terminated: none\n");
	assert_described(read_ini("trace = false"), "trace.timeout_ms: 0\n");
	assert_described(read_ini("trace = true"), "");
}

static void an_ini_files_errors_have_their_locations(void **state)
{
	(void)state;
	assert_ini_refused(
		"trace.frames=0", "f:10:14: vigil.trace.frames: expected 1 to 128, found 0");
	assert_ini_refused("trace.frame=1", "f:10:1: vigil.trace.frame: unknown setting; known "
					    "are: frames, threads, timeout_ms, "
					    "names, registers, python, cxx, abort_message, "
					    "exits, terminated, alternate_stacks; did you "
					    "mean 'frames'?");
	assert_ini_refused("frames.trace=1",
		"f:10:1: vigil.frames: unknown setting; known are: "
		"factories, error_file, output, argv, calls, trace, signals");
	assert_ini_refused("signals.core=SEGV, 15", "f:10:14: vigil.signals.core[1]: expected the "
						    "name of a signal, found 15; did you mean "
						    "'TERM'?");
	assert_ini_refused(
		"signals.core=SEGV,", "f:10:14: vigil.signals.core[1]: unknown signal ''");
	assert_ini_refused(
		"signals=TERM", "f:10:9: vigil.signals: expected a mapping, found a string");
	assert_ini_refused("trace=false\ntrace.frames=2",
		"f:11:1: vigil.trace.frames: 'trace' is set besides");
	assert_ini_refused(
		"trace.frames=2\ntrace=false", "f:11:1: vigil.trace: 'trace.…' is set besides");
	assert_ini_refused(
		"trace=maybe", "f:10:7: vigil.trace: expected true or false, found maybe");
}

UNIT_TESTS(cmocka_unit_test(nothing_said_is_the_default),
	cmocka_unit_test(every_deadly_signal_is_reported_by_default),
	cmocka_unit_test(every_key_of_trace), cmocka_unit_test(names_may_be_off),
	cmocka_unit_test(lists_of_signals), cmocka_unit_test(a_named_signal_changes_lists),
	cmocka_unit_test(signals_that_are_refused), cmocka_unit_test(values_that_are_refused),
	cmocka_unit_test(unknown_settings), cmocka_unit_test(all_errors_of_a_file_are_reported),
	cmocka_unit_test(references_lead_to_settings), cmocka_unit_test(an_ini_file_has_the_same),
	cmocka_unit_test(an_ini_files_errors_have_their_locations))
