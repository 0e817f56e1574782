/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uncaught exceptions in every Python that is here: what is reported is what Python itself prints
 * on stderr. Where it is not, the case's second judge says what is instead, and its reason why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/pythons.h"

#define CASES_MAX 200
#define ARGUMENTS_MAX 8

typedef void judge(const struct run *watched);

struct text_case {
	const char *name; /* of exceptions.py, which is run, unless ARGV or SHELL is there */
	judge *judge;
	const char *life;		 /* NULL: an exception's */
	const char *argv[ARGUMENTS_MAX]; /* behind the interpreter */
	const char *shell;		 /* has the interpreter in $0 */
	int from;			 /* Python 3.this has it first; 0: all */
	int other_from;			 /* from 3.this on ... */
	judge *other;			 /* ... this is right, */
	const char *reason;		 /* because */
	const char *mask;		 /* what differs by run in the outputs */
};

#define TRACEBACK "Traceback (most recent call last):\n"

/* In place, as run.h does in the outputs. */
static void mask_base(char *text, const char *base)
{
	static const char masked[] = "SCRATCH";
	size_t length = strlen(base);
	char *at;

	assert_true(length >= sizeof masked - 1);
	while ((at = strstr(text, base)) != NULL) {
		memcpy(at, masked, sizeof masked - 1);
		memmove(at + sizeof masked - 1, at + length, strlen(at + length) + 1);
	}
}

/* What was reported, without the native frames. The caller frees it. */
static char *reported_trace(const struct run *watched)
{
	char *trace = strdup(reported_string(run_end(watched), "error_trace"));
	char *native = strncmp(trace, "#0 ", 3) == 0 ? trace : strstr(trace, "\n#0 ");

	if (native != NULL)
		native[native != trace] = '\0';
	mask_base(trace, watched->base);
	return trace;
}

static bool ends(const char *string, const char *with)
{
	size_t length = strlen(string), tail = strlen(with);

	return length >= tail && strcmp(string + length - tail, with) == 0;
}

static void differ(const struct run *watched, const char *trace)
{
	fail_msg("Python printed:\n%.3000s\ntold:\n%.3000s", watched->err.data, trace);
}

static void same(const struct run *watched)
{
	char *trace = reported_trace(watched);

	if (watched->err.size == 0 || strcmp(trace, watched->err.data) != 0)
		differ(watched, trace);
	free(trace);
}

/* Python says something before. */
static void after_others(const struct run *watched)
{
	char *trace = reported_trace(watched);

	if (strncmp(trace, TRACEBACK, strlen(TRACEBACK)) != 0 || !ends(watched->err.data, trace) ||
		strlen(trace) == watched->err.size)
		differ(watched, trace);
	free(trace);
}

/* Python could not say it, or the program said something else. */
static void reported_alone(const struct run *watched)
{
	char *trace = reported_trace(watched);

	if (strncmp(trace, TRACEBACK, strlen(TRACEBACK)) != 0 ||
		!ends(trace, "\nValueError: v\n") ||
		(watched->err.size > 0 && strstr(watched->err.data, "raise ValueError")))
		differ(watched, trace);
	free(trace);
}

static void without_middle(const struct run *watched)
{
	char *trace = reported_trace(watched), *middle = strstr(trace, "\n...\n");

	if (middle == NULL || strncmp(trace, watched->err.data, (size_t)(middle - trace)) != 0 ||
		!ends(watched->err.data, middle + strlen("\n...\n")) || strlen(trace) < 20000)
		differ(watched, trace);
	free(trace);
}

/* All but the end of the last line: ". Did you mean: 'x'?" */
static void without_suggestion(const struct run *watched)
{
	char *trace = reported_trace(watched);
	size_t length = strlen(trace);

	if (length == 0 || strncmp(trace, watched->err.data, length - 1) != 0 ||
		strncmp(watched->err.data + length - 1, ". Did you ", strlen(". Did you ")) != 0)
		differ(watched, trace);
	free(trace);
}

static void without_line_1_0(const struct run *watched)
{
	static const char line[] = "    1/0\n";
	char *trace = reported_trace(watched), *at = strstr(watched->err.data, line);

	if (at == NULL ||
		strncmp(trace, watched->err.data, (size_t)(at - watched->err.data)) != 0 ||
		!ends(trace, at + strlen(line)))
		differ(watched, trace);
	free(trace);
}

static void nul_is_shown(const struct run *watched)
{
	char *trace = reported_trace(watched);

	if (!ends(trace, "\nValueError: a\\x00b\x1b[31m\n"))
		differ(watched, trace);
	free(trace);
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* But for the blanks before the carets below a line: newer Pythons have as many as the characters
 * above take on a terminal, which they say is 1 for a tab. */
static void same_but_for_blanks(const struct run *watched)
{
	char *trace = reported_trace(watched), *carets = strchr(trace, '^');
	size_t length;

	assert_non_null(carets);
	while (carets[-1] == ' ' || carets[-1] == '\t')
		carets--;
	length = (size_t)(carets - trace);
	if (strncmp(trace, watched->err.data, length) != 0 ||
		strcmp(skip_blanks(carets), skip_blanks(watched->err.data + length)) != 0)
		differ(watched, trace);
	free(trace);
}

static void no_exception(const struct run *watched)
{
	assert_null(reported_get(run_end(watched), "exception"));
	assert_null(strstr(reported_string(run_end(watched), "error_trace"), "Traceback"));
}

/* The script was executed, and there is no other reason. */
static void exits_itself(const struct run *watched)
{
	no_exception(watched);
	assert_null(reported_get(run_end(watched), "exec"));
}

static void cannot_be_read(const struct run *watched)
{
	no_exception(watched);
	assert_string_equal(reported_string(run_end(watched), "exec.path"), "/nowhere/program.py");
}

#define LIFE(end) .life = LIVED(end)
#define AFTER_SHELL(end) "INIT, RUNNING, " LIVED(end)
#define SUGGESTION                                     \
	.other_from = 13, .other = without_suggestion, \
	.reason = "3.13 looks for names in Python code, and calls dir() of what the program made"
#define ADDRESS .mask = "0x[0-9a-f]+"

static const struct text_case cases[] = {
	/* types and messages */
	{"plain", same},
	{"no_message", same},
	{"empty_message", same},
	{"none_message", same},
	{"two_arguments", same},
	{"multi_line", same},
	{"unicode", same},
	{"surrogate", same},
	{"nul", nul_is_shown, .reason = "a text ends at its NUL"},
	{"long_message", same},
	{"nested_class", same},
	{"foreign_module", same},
	{"no_module", same},
	{"bad_module", same},
	{"raising_str", same},
	{"none_str", same},
	{"own_str", same},
	{"key_error", same},
	{"os_error", same},
	{"os_error_two", same},
	{"unicode_error", same},
	{"assertion", same},
	{"bare_assertion", same},
	{"stop_iteration", same},
	{"memory_error", same},
	{"base_exception", same},
	{"generator_exit", same},
	{"zero_division", same},
	{"type_error", same},
	{"args_changed", same},
	{"slots", same},
	{"meta", same},
	{"lying_class", same},
	/* chains */
	{"cause", same},
	{"context", same},
	{"suppressed", same},
	{"cause_without_frames", same},
	{"cause_and_context", same},
	{"cycle", same},
	{"context_cycle", same},
	{"deep_chain", same},
	{"no_suppress_attribute", same},
	{"very_deep_chain", without_middle, .reason = "it is longer than an event may be"},
	/* frames */
	{"recursion", same},
	{"repeated_three", same},
	{"repeated_four", same},
	{"mutual_recursion", without_middle, .reason = "it is longer than an event may be"},
	{"traceback_limit", same},
	{"traceback_limit_zero", same},
	{"comprehension", same},
	{"lambda", same},
	{"generator", same},
	{"decorated", same},
	{"with", same},
	{"finally", same},
	{"multi_line_call", same},
	/* notes */
	{"notes", same},
	{"odd_notes", same},
	{"notes_no_list", same},
	{"notes_text", same},
	{"notes_raising", same},
	/* what the compiler says */
	{"syntax_exec", same},
	{"syntax_eval", same},
	{"syntax_compile", same},
	{"indentation", same},
	{"tab_error", same},
	{"syntax_unclosed", same},
	{"syntax_string", same},
	{"syntax_range", same},
	{"syntax_unicode", same},
	{"syntax_by_hand", same},
	{"syntax_text", same},
	{"syntax_no_text", same},
	{"syntax_no_file", same},
	{"syntax_no_line", same},
	{"syntax_offset_zero", same},
	{"syntax_offset_far", same},
	{"syntax_no_message", same},
	{"syntax_end", same, .from = 10},
	{"syntax_end_line", same, .from = 10},
	{"syntax_tabs", same_but_for_blanks},
	{"syntax_import", same},
	/* suggestions */
	{"import_error", same, SUGGESTION},
	{"module_not_found", same},
	{"module_of_name", same},
	{"name_error", same, SUGGESTION},
	{"name_of_module", same, SUGGESTION},
	{"attribute_error", same, SUGGESTION},
	{"attribute_of_module", same, SUGGESTION},
	{"name_of_self", same, SUGGESTION},
	{"name_unlike", same},
	{"unbound", same},
	/* groups */
	{"group", same, .from = 11},
	{"group_nested", same, .from = 11},
	{"group_many", same, .from = 11},
	{"group_deep", same, .from = 11},
	{"group_of_base", same, .from = 11},
	{"group_caused", same, .from = 11},
	{"group_with_cause", same, .from = 11},
	{"group_notes", same, .from = 11},
	{"group_syntax", same, .from = 11},
	{"group_cycle", same, .from = 11},
	{"except_star", same, .from = 11},
	{"task_group", same, .from = 11},
	/* source */
	{"exec", same},
	{"exec_named", same},
	{"source_gone", same},
	{"source_changed", same},
	{"source_latin", same},
	{"source_tabs", same},
	{"source_long_line", same},
	{"source_form_feed", same},
	{"source_not_utf8", same},
	{"linecache", same},
	{"linecache_odd", same},
	{"linecache_short", same},
	{"loader_line", same},
	{"zip", same, .other_from = 13, .other = without_line_1_0,
		.reason = "3.13 asks the module's loader for its source, which is Python code"},
	/* other ways to run code */
	{"asyncio", same},
	{"futures", same},
	{"process_pool", same},
	{"printed_before", same},
	{"python -c", same, .argv = {"-c", "import sys\ndef f():\n\t{}[0]\nf()"}},
	{"python -c, one line", same, .argv = {"-c", "1/0"}},
	{"python -O", same, .argv = {"-O", SCRIPT("exceptions.py"), "zero_division"}},
	{"python -I -S -E", same,
		.argv = {"-ISE", "-X", "no_debug_ranges", SCRIPT("exceptions.py"), "cause"}},
	{"python -m", same, .shell = "echo 1/0 >broken.py && exec \"$0\" -m broken"},
	{"python -X dev", same, .argv = {"-X", "dev", SCRIPT("exceptions.py"), "context"}},
	{"a program on stdin", same, .shell = "echo 1/0 >program && exec \"$0\" <program"},
	{"a program in a zip file", same, .other_from = 13, .other = without_line_1_0,
		.reason = "3.13 asks the module's loader for its source, which is Python code",
		.shell = "echo 1/0 >__main__.py && \"$0\" -m zipfile -c app.pyz __main__.py && "
			 "exec \"$0\" app.pyz"},
	{"a SyntaxError of the program itself", same,
		.shell = "echo 'x = = 1' >broken.py && exec \"$0\" broken.py"},
	{"stderr in Latin-1", after_others,
		.shell = "PYTHONIOENCODING=latin-1:backslashreplace exec \"$0\" -c "
			 "\"import sys; sys.stderr.write('first\\n'); 1/0\""},
	/* the program's own hooks, and its stderr */
	{"hook_traceback", same},
	{"hook_original", after_others},
	{"hook_sees", reported_alone},
	{"hook_none", after_others},
	{"hook_deleted", after_others},
	{"hook_raises", after_others},
	{"hook_replaced", reported_alone},
	{"stderr_none", reported_alone},
	{"stderr_closed", reported_alone},
	{"stderr_own", reported_alone},
	{"stderr_python_closed", reported_alone, ADDRESS},
	{"stderr_raises", reported_alone, ADDRESS},
	{"hook_exits", reported_alone},
	/* what is no end, or another one */
	{"no_traceback", no_exception, LIFE("FAILED exit 1")},
	{"in_del", no_exception, ADDRESS, LIFE("SUCCEEDED *")},
	{"in_thread", no_exception, ADDRESS, LIFE("SUCCEEDED *")},
	{"thread_hook", no_exception, LIFE("SUCCEEDED *")},
	{"daemon_thread", no_exception, LIFE("SUCCEEDED *")},
	{"atexit", no_exception, ADDRESS, LIFE("SUCCEEDED *")},
	{"finalization", no_exception, ADDRESS, LIFE("SUCCEEDED *")},
	{"multiprocessing", no_exception, LIFE("FAILED exit 1")},
	{"exit", no_exception, LIFE("FAILED exit 3"),
		.argv = {SCRIPT("exceptions.py"), "exit", "3"}},
	{"exit_text", no_exception, LIFE("FAILED exit 1")},
	{"exit_none", no_exception, LIFE("SUCCEEDED @(exit|return) 0")},
	{"exit_object", no_exception, LIFE("FAILED exit 1")},
	{"exit_true", no_exception, LIFE("FAILED exit 1")},
	{"exit_big", no_exception, LIFE("FAILED exit *")},
	{"exit_class", no_exception, LIFE("FAILED exit 4")},
	{"exit_of_exception", no_exception, LIFE("FAILED exit 1")},
	{"exit of a module", no_exception, .life = AFTER_SHELL("FAILED exit 3"),
		.shell = "echo 'import sys; sys.exit(3)' >exits.py && exec \"$0\" -m exits"},
	{"exit of a compiled file", no_exception, .life = AFTER_SHELL("FAILED exit 3"),
		.shell = "echo 'import sys; sys.exit(3)' >exits.py && "
			 "\"$0\" -c \"import py_compile as p; p.compile('exits.py', 'exits.pyc')\" "
			 "&& exec \"$0\" exits.pyc"},
	{"exit of a program on stdin", no_exception, .life = AFTER_SHELL("FAILED exit 3"),
		.shell = "echo 'import sys; sys.exit(3)' >program && exec \"$0\" <program"},
	{"exit of a command", no_exception, LIFE("FAILED exit 3"),
		.argv = {"-c", "raise SystemExit(3)"}},
	{"exit of a program that has removed itself", exits_itself,
		.life = AFTER_SHELL("FAILED exit 2"),
		.shell = "echo 'import os; os.remove(__file__); raise SystemExit(2)' >gone.py && "
			 "exec \"$0\" gone.py"},
	{"a program that is not there", cannot_be_read, LIFE("FAILED return 2"),
		.argv = {"/nowhere/program.py"}},
	{"keyboard_interrupt", same, LIFE("FAILED exception KeyboardInterrupt")},
};

#define COUNT (sizeof cases / sizeof *cases)

static struct {
	struct run_case run[PYTHONS_MAX * COUNT];
	char sentences[PYTHONS_MAX * COUNT][64];
	size_t count;
} made;

static void set_arguments(const char **to, const struct text_case *one, const struct python *python)
{
	if (one->shell != NULL) {
		to[0] = "/bin/sh";
		to[1] = "-c";
		to[2] = one->shell;
		to[3] = python->path;
		return;
	}
	to[0] = python->path;
	if (one->argv[0] != NULL) {
		memcpy(to + 1, one->argv, sizeof one->argv);
		return;
	}
	to[1] = SCRIPT("exceptions.py");
	to[2] = one->name;
}

static void make_case(const struct text_case *one, const struct python *python)
{
	struct run_case *run = &made.run[made.count];
	char *sentence = made.sentences[made.count++];

	snprintf(sentence, sizeof *made.sentences, "%s's words: %s", python->name, one->name);
	*run = (struct run_case){
		.sentence = sentence,
		.life = one->life	     ? one->life
			: one->shell != NULL ? "*FAILED exception *"
					     : LIVED("FAILED exception *"),
		.others = {"*"},
		.masks = {one->mask},
		.how.environment = {"PYTHONUTF8=1"},
		.also = one->other_from != 0 && python->minor >= one->other_from ? one->other
										 : one->judge,
	};
	/* Its C code, which prints the frames, has no carets. */
	if (python->minor >= 13)
		run->how.environment[1] = "PYTHONNODEBUGRANGES=1";
	set_arguments(run->argv, one, python);
}

int main(void)
{
	static struct python pythons[PYTHONS_MAX];
	size_t count = pythons_find(pythons);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < COUNT; j++)
			if (pythons[i].minor >= cases[j].from)
				make_case(&cases[j], &pythons[i]);
	return run_cases_("python's words", made.run, made.count);
}
