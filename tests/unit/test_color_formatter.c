/* SPDX-License-Identifier: Apache-2.0 */
/* vigil.ColorFormatter's lines, and what escaping makes of a record's. */
#include "tests/unit/handler_world.h"

#include <errno.h>

#define GREEN "\033[32m"
#define RESET "\033[0m"
#define WARNING "\033[5m\033[31mWARNING\033[0m "
#define ERROR "\033[4m\033[5m\033[31mERROR\033[0m "
#define AT "04/21 08:03:00"

#define ALL (ESCAPE_CONTROL | ESCAPE_NEWLINE | ESCAPE_BACKSLASH)

static struct log_clock utc;
static const struct abbreviation abbreviations[] = {{"detectron2", "d2"},
	{"detectron2.data", "data"}, {"gone.far", "away"}, {"gone", ""}, {NULL, NULL}};

static struct formatter *make(struct world *world, struct formatter_options options)
{
	struct color_options color = {
		.choice = COLOR_AUTO, .automatic = COLOR_STREAMS, .abbreviations = abbreviations};
	struct formatter *formatter = NULL;
	char why[256];
	struct text text;

	options.clock = &utc;
	text_init(&text, why, sizeof why);
	assert_int_equal(
		color_formatter_new(&world->arena, &options, &color, &text, &formatter), 0);
	return formatter;
}

static void assert_says(const struct formatter *formatter, int stream,
	const struct log_record *record, const char *expected)
{
	char buffer[512];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(formatter_format(formatter_on(formatter, stream), record, &text), 0);
	assert_string_equal(buffer, expected);
}

static void each_level_is_detectron2s(void **state)
{
	static const struct {
		int level;
		const char *mark, *name;
	} rows[] = {
		{LEVEL_DEBUG, "", "DEBUG"},
		{LEVEL_INFO, "", "INFO"},
		{LEVEL_WARNING, WARNING, "WARNING"},
		{35, "", "Level 35"},
		{LEVEL_ERROR, ERROR, "ERROR"},
		{LEVEL_CRITICAL, ERROR, "CRITICAL"},
	};
	struct formatter *formatter = make(*state, (struct formatter_options){0});
	struct log_record record = a_record("hello");
	char expected[256];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		record.levelno = rows[i].level;
		snprintf(expected, sizeof expected, "%s" GREEN "[" AT " a.b]: " RESET "hello",
			rows[i].mark);
		assert_says(formatter, 1, &record, expected);
		snprintf(expected, sizeof expected, "[" AT "] a.b %s: hello", rows[i].name);
		assert_says(formatter, 0, &record, expected);
	}
}

static void names_are_abbreviated_where_there_is_colour(void **state)
{
	static const struct {
		const char *name, *abbreviated;
	} rows[] = {
		{"detectron2.engine", "d2.engine"},
		{"detectron2.a.detectron2.b", "d2.a.detectron2.b"},
		{"detectron2.data", "d2.data"},
		{"detectron2.data.x", "data.x"},
		{"detectron2", "detectron2"},
		{"detectron2x.y", "detectron2x.y"},
		{"my.detectron2.x", "my.detectron2.x"},
		{"gone.far", "far"},
		{"gone.far.x", "away.x"},
		{"root", "root"},
	};
	struct formatter *formatter = make(*state, (struct formatter_options){0});
	struct log_record record = a_record("m");
	char expected[256];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		record.name = rows[i].name;
		snprintf(expected, sizeof expected, GREEN "[" AT " %s]: " RESET "m",
			rows[i].abbreviated);
		assert_says(formatter, 1, &record, expected);
		snprintf(expected, sizeof expected, "[" AT "] %s INFO: m", rows[i].name);
		assert_says(formatter, 0, &record, expected);
	}
}

/* detectron2's own changes the name for all handlers that come later. */
static void the_record_stays_as_it_is(void **state)
{
	struct formatter *formatter = make(*state, (struct formatter_options){.escape = ALL});
	char name[] = "detectron2.x", message[] = "a\033\n", trace[] = "t\033";
	struct log_record record = a_record(message), before;

	record.name = name;
	record.exc_text = trace;
	before = record;
	assert_says(formatter, 1, &record, GREEN "[" AT " d2.x]: " RESET "a\\x1b\\n\\nt\\x1b");
	assert_memory_equal(&record, &before, sizeof record);
	assert_string_equal(name, "detectron2.x");
	assert_string_equal(message, "a\033\n");
	assert_string_equal(trace, "t\033");
}

static void a_format_of_the_users_own(void **state)
{
	struct log_record record = a_record("m");

	record.levelno = LEVEL_WARNING;
	struct formatter *formatter =
		make(*state, (struct formatter_options){
				     .format = "%(levelname)s:%(name)s %(message)s <%(lineno)d>"});

	assert_says(formatter, 0, &record, "WARNING:a.b m <7>");
	assert_says(formatter, 2, &record, WARNING GREEN "WARNING:a.b " RESET "m <7>");
	formatter = make(*state, (struct formatter_options){.format = "%(message)s"});
	assert_says(formatter, 2, &record, WARNING "m");
	formatter = make(*state, (struct formatter_options){.format = "%(name)s"});
	assert_says(formatter, 2, &record, WARNING GREEN "a.b" RESET);
	formatter = make(*state,
		(struct formatter_options){
			.format = "{asctime} {message}", .style = STYLE_BRACE, .datefmt = "%H"});
	assert_says(formatter, 2, &record, WARNING GREEN "08 " RESET "m");
	formatter = make(*state, (struct formatter_options){.style = STYLE_BRACE});
	assert_says(formatter, 0, &record, "[" AT "] a.b WARNING: m");
}

static void a_trace_follows_plain(void **state)
{
	struct formatter *formatter = make(*state, (struct formatter_options){0});
	struct log_record record = a_record("m");

	record.exc_text = "Traceback:\n  x";
	record.stack_info = "Stack";
	assert_says(
		formatter, 1, &record, GREEN "[" AT " a.b]: " RESET "m\nTraceback:\n  x\nStack");
	assert_says(formatter, 0, &record, "[" AT "] a.b INFO: m\nTraceback:\n  x\nStack");
}

/* A line that is cut leaves the terminal's colours as they were. */
static void a_cut_line_ends_its_colour(void **state)
{
	const struct formatter *formatter =
		make(*state, (struct formatter_options){.format = "%(name)s %(message)s"});
	struct log_record record = a_record("h\xc3\xb6h\xc3\xb6h\xc3\xb6");
	char buffer[64];
	struct text text;

	for (size_t size = 5; size < 30; size++) {
		int error;

		text_init(&text, buffer, size);
		error = formatter_format(formatter_on(formatter, 1), &record, &text);
		assert_int_equal(error, 0);
		assert_true(text.length < size);
		if (!text.truncated)
			continue;
		assert_string_equal(buffer + text.length - 4, RESET);
		assert_true(text.length < 5 || (buffer[text.length - 5] & 0xC0) != 0xC0);
	}
	text_init(&text, buffer, 4);
	assert_int_equal(formatter_format(formatter_on(formatter, 1), &record, &text), -ENOBUFS);
}

static void only_streams_get_colour_from_a_formatter_that_a_file_shares(void **state)
{
	struct world *world = *state;
	struct formatter *formatter =
		make(world, (struct formatter_options){.format = "%(name)s %(message)s"});
	struct handler *file, *stream;
	int saved = dup(STDOUT_FILENO), to;

	to = open(in(world, "stdout"), O_WRONLY | O_CREAT, 0600);
	assert_int_equal(file_handler_new(&world->arena, in(world, "log"), 0, &file), 0);
	assert_int_equal(stream_handler_new(&world->arena, STDOUT_FILENO, &stream), 0);
	file->formatter = stream->formatter = formatter;
	fflush(stdout);
	dup2(to, STDOUT_FILENO);
	log_to(stream, "m");
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(to);
	log_to(file, "m");
	assert_holds(world, "stdout", GREEN "a.b " RESET "m\n");
	assert_holds(world, "log", "a.b m\n");
	formatter->color = COLOR_EVERYWHERE;
	log_to(file, "n");
	assert_holds(world, "log", "a.b m\n" GREEN "a.b " RESET "n\n");
	formatter->color = COLOR_NOWHERE;
	assert_ptr_equal(formatter_on(formatter, 1), formatter);
}

static bool rank_of_a_stranger(
	const struct record_extra *extra, const char *name, struct text *text)
{
	(void)extra;
	text_add(text, strcmp(name, "rank") == 0 ? "3" : "x\ny\033");
	return true;
}

static void assert_escaped(struct world *world, const char *format, unsigned escape,
	const struct log_record *record, const char *expected)
{
	struct formatter_options options = {.format = format, .escape = escape, .clock = &utc};
	struct formatter *formatter;
	char why[256];
	struct text text;

	text_init(&text, why, sizeof why);
	assert_int_equal(formatter_new(&world->arena, &options, &text, &formatter), 0);
	assert_says(formatter, 1, record, expected);
}

static void a_record_is_one_line(void **state)
{
	static const struct record_extra extra = {.attribute = rank_of_a_stranger};
	static const struct record_given given = {.levelname = "I\n", .task_name = "t\n"};
	struct log_record record = a_record("m\\\n");

	record.name = "n\033";
	record.exc_text = "T\n  x\x9b";
	record.stack_info = "S\n";
	assert_escaped(*state, "%(name)s\t%(message)s", ALL, &record,
		"n\\x1b\tm\\\\\\n\\nT\\n  x\\x9b\\nS\\n");
	record.exc_text = record.stack_info = NULL;
	record.extra = &extra;
	record.given = &given;
	record.process_name = record.thread_name = record.func_name = "p\r";
	record.pathname = "/a/b\n.c";
	assert_escaped(*state, "%(levelname)s %(taskName)s %(who)s %(rank)03d", ALL, &record,
		"I\\n t\\n x\\ny\\x1b 003");
	assert_escaped(*state,
		"%(processName)s %(threadName)s %(funcName)s %(pathname)s %(filename)s %(module)s",
		ALL, &record, "p\\r p\\r p\\r /a/b\\n.c b\\n.c b\\n");
	assert_escaped(*state, "%(exc_text)s %(message)r", ALL, &record, "None 'm\\\\\\n'");
}

static void the_formats_own_backslashes_stay(void **state)
{
	struct formatter *formatter =
		make(*state, (struct formatter_options){.format = "\\\n%(asctime)s %(message)s",
				     .datefmt = "%H\\\n%M",
				     .escape = ALL});
	struct log_record record = a_record("\\");

	assert_says(formatter, 0, &record, "\\\n08\\\n03 \\\\");
}

/* Precision is of the text, width of what is seen. */
static void widths_are_of_what_is_shown(void **state)
{
	struct log_record record = a_record("\033\033\033");

	assert_escaped(*state, "%(message)6.2s|%(message)-16.3s|", ALL, &record,
		"\\x1b\\x1b|\\x1b\\x1b\\x1b    |");
}

static void further_lines_are_indented(void **state)
{
	struct log_record record = a_record("a\nb");

	record.exc_text = "T\n  x";
	record.stack_info = "S";
	assert_escaped(
		*state, "%(message)s", ESCAPE_INDENT, &record, "a\n    b\n    T\n      x\n    S");
	record.message = "a\n";
	assert_escaped(*state, "%(message)s", ESCAPE_INDENT, &record, "a\n    T\n      x\n    S");
	assert_escaped(
		*state, "%(message)s.", ESCAPE_INDENT, &record, "a\n    .\n    T\n      x\n    S");
	assert_escaped(*state, "%(message)s", ESCAPE_INDENT | ESCAPE_CONTROL, &record,
		"a\n    T\n      x\n    S");
	assert_escaped(*state, "%(message)s", ESCAPE_NEWLINE | ESCAPE_BACKSLASH, &record,
		"a\\n\\nT\\n  x\\nS");
}

/* What vigil prints where nothing is configured: the trace has its lines, and nothing else passes.
 */
static void the_harmless_form(void **state)
{
	struct log_record record = a_record("m\\\n\033[2J\tx");

	(void)state;
	record.exc_text = "T\n\t\033]0;x\007";
	assert_says(&formatter_harmless, 2, &record, "m\\\\n\\x1b[2J\tx\nT\n\t\\x1b]0;x\\x07");
	assert_ptr_equal(handler_last_resort_harmless->formatter, &formatter_harmless);
	assert_null(handler_last_resort->formatter);
}

/* Whatever the size: no control character, no half character, no half escape. */
static void an_escaped_line_is_cut_whole(void **state)
{
	struct world *world = *state;
	struct formatter_options options = {.escape = ALL, .clock = &utc};
	struct log_record record = a_record("\xc3\xb6\033\xe2\x80\xa8\xc3\xb6\n");
	struct formatter *formatter;
	char buffer[64];
	struct text text;

	record.exc_text = "\xc3\xb6\033";
	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(formatter_new(&world->arena, &options, &text, &formatter), 0);
	for (size_t size = 1; size < sizeof buffer; size++) {
		static const char whole[] = "\xc3\xb6\\x1b\\u2028\xc3\xb6\\n\\n\xc3\xb6\\x1b";

		text_init(&text, buffer, size);
		assert_int_equal(formatter_format(formatter, &record, &text), 0);
		assert_memory_equal(buffer, whole, text.length);
		assert_true(text.length < size && text.truncated == (size < sizeof whole));
		assert_true(text.length == 0 || (unsigned char)buffer[text.length - 1] != 0xC3);
	}
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

UNIT_TESTS(IN_WORLD(each_level_is_detectron2s),
	IN_WORLD(names_are_abbreviated_where_there_is_colour), IN_WORLD(the_record_stays_as_it_is),
	IN_WORLD(a_format_of_the_users_own), IN_WORLD(a_trace_follows_plain),
	IN_WORLD(a_cut_line_ends_its_colour),
	IN_WORLD(only_streams_get_colour_from_a_formatter_that_a_file_shares),
	IN_WORLD(a_record_is_one_line), IN_WORLD(the_formats_own_backslashes_stay),
	IN_WORLD(widths_are_of_what_is_shown), IN_WORLD(further_lines_are_indented),
	IN_WORLD(the_harmless_form), IN_WORLD(an_escaped_line_is_cut_whole))
