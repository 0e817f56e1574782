/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/formatter.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct log_clock utc = {.start_us = 735379380000000};

static bool extra_attribute(const struct record_extra *extra, const char *name, struct text *text)
{
	(void)extra;
	if (strcmp(name, "rank") == 0)
		return text_add(text, "3"), true;
	if (strcmp(name, "node_state") == 0)
		return text_add(text, "FAILED"), true;
	return false;
}

static const struct record_extra extra = {.attribute = extra_attribute};

/* The record of the specification's examples: 1993-04-21 08:03:00.007 UTC. */
static struct log_record a_record(void)
{
	return (struct log_record){
		.name = "n",
		.levelno = 20,
		.message = "hello w",
		.created = {.real_us = 735379380007000},
		.pathname = "/a/b/c.d.py",
		.lineno = 7,
		.process = 42,
		.thread = 43,
		.process_name = "MainProcess",
		.extra = &extra,
	};
}

static int make(const char *format, const char *datefmt, enum format_style style,
	const char **ret_why, struct formatter **ret)
{
	static char why[256];
	struct formatter_options options = {
		.format = format, .datefmt = datefmt, .style = style, .clock = &utc};
	struct text text;

	text_init(&text, why, sizeof why);
	*ret_why = why;
	return formatter_new(&arena, &options, &text, ret);
}

static void assert_record(const char *format, const char *datefmt, const struct log_record *record,
	const char *expected)
{
	struct formatter *formatter;
	char buffer[512];
	struct text text;
	const char *why;

	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(make(format, datefmt, STYLE_PERCENT, &why, &formatter), 0);
	assert_int_equal(formatter_format(formatter, record, &text), 0);
	assert_string_equal(buffer, expected);
}

static void assert_format(const char *format, const char *expected)
{
	struct log_record record = a_record();

	assert_record(format, NULL, &record, expected);
}

static void assert_refused(const char *format, enum format_style style, const char *expected)
{
	struct formatter *formatter;
	const char *why;

	assert_int_equal(make(format, NULL, style, &why, &formatter), -EINVAL);
	assert_string_equal(why, expected);
}

static void the_specifications_examples(void **state)
{
	(void)state;
	assert_format(NULL, "hello w");
	assert_format("%(levelname)s:%(name)s:%(message)s", "INFO:n:hello w");
	assert_format("[%(levelname)-8s] %(lineno)5d|%(msecs)03d", "[INFO    ]     7|007");
	assert_format("%(process)#x %(process)o %(message).3s %(message)10.3s|",
		"0x2a 52 hel        hel|");
	assert_format("%(message)s 100%%", "hello w 100%");
}

static void every_attribute_of_a_record(void **state)
{
	(void)state;
	assert_format("%(pathname)s %(filename)s %(module)s %(funcName)s %(lineno)d",
		"/a/b/c.d.py c.d.py c.d (unknown function) 7");
	assert_format("%(created)f %(created).3f %(created)d %(created)s",
		"735379380.007000 735379380.007 735379380 735379380.007");
	assert_format("%(relativeCreated)d %(relativeCreated)s %(msecs)s %(msecs)d", "7 7.0 7.0 7");
	assert_format("%(thread)d %(process)s %(processName)s %(threadName)s %(taskName)s",
		"43 42 MainProcess None None");
	assert_format("%(rank)s %(rank)03d %(node_state)8s|", "3 003   FAILED|");
}

static void flags_are_printfs(void **state)
{
	struct log_record record = a_record();

	(void)state;
	record.levelno = -5;
	assert_record("%(levelno)05d|%(levelno)-5d|%(levelno)5d|%(levelno)x|%(levelno).3d", NULL,
		&record, "-0005|-5   |   -5|-5|-005");
	assert_format("%(lineno)+d|%(lineno) d|%(lineno)-05d|%(process)#X|%(process)#o",
		"+7| 7|7    |0X2A|0o52");
}

static void widths_count_characters_not_bytes(void **state)
{
	struct log_record record = a_record();

	(void)state;
	record.message = "\xc3\xa4\xc3\xb6";
	assert_record("%(message)4s|%(message)-4s|%(message).1s|", NULL, &record,
		"  \xc3\xa4\xc3\xb6|\xc3\xa4\xc3\xb6  |\xc3\xa4|");
}

static void modules_are_names_without_their_last_suffix(void **state)
{
	static const char *const names[][2] = {{"prog", "prog"}, {".hidden", ".hidden"},
		{"a.b.c", "a.b"}, {"/x/", ""}, {"..a.b", "..a"}};
	struct log_record record = a_record();

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		record.pathname = names[i][0];
		assert_record("%(module)s", NULL, &record, names[i][1]);
	}
	record.pathname = NULL;
	assert_record("%(pathname)s %(module)s", NULL, &record, "(unknown file) (unknown file)");
}

static void asctime_is_pythons(void **state)
{
	struct log_record record = a_record();

	(void)state;
	assert_record("%(asctime)s", NULL, &record, "1993-04-21 08:03:00,007");
	assert_record("%(asctime)s", "", &record, "1993-04-21 08:03:00,007");
	assert_record("%(asctime)30s|", NULL, &record, "       1993-04-21 08:03:00,007|");
	assert_record("%(asctime)s", "%d/%b/%Y:%H:%M:%S %z", &record, "21/Apr/1993:08:03:00 +0000");
	assert_record("%(asctime)s%(msecs)03d", "%H:%M:%S.", &record, "08:03:00.007");
	assert_record("%(asctime)s", "%f %", &record, "%f %");
	record.created.real_us = -1;
	assert_record("%(asctime)s %(msecs)03d", NULL, &record, "1969-12-31 23:59:59,999 999");
}

static void a_trace_follows_on_a_line_of_its_own(void **state)
{
	struct log_record record = a_record();

	(void)state;
	record.exc_text = "TB";
	assert_record("%(message)s", NULL, &record, "hello w\nTB");
	assert_record("%(message)s\n", NULL, &record, "hello w\nTB");
	record.exc_text = "TB\n";
	assert_record(NULL, NULL, &record, "hello w\nTB\n");
	record.stack_info = "ST";
	assert_record(NULL, NULL, &record, "hello w\nTB\nST");
	record.exc_text = NULL;
	record.message = "";
	assert_record(NULL, NULL, &record, "\nST");
	record.stack_info = NULL;
	record.exc_text = "";
	assert_record("%(name)s", NULL, &record, "n");
}

static void bad_formats_are_refused_in_pythons_words(void **state)
{
	(void)state;
	assert_refused("hello", STYLE_PERCENT, "Invalid format 'hello' for '%' style");
	assert_refused("{message}", STYLE_PERCENT, "Invalid format '{message}' for '%' style");
	assert_refused("%(asctime)Z", STYLE_PERCENT, "Invalid format '%(asctime)Z' for '%' style");
	assert_refused("%(name)d", STYLE_PERCENT, "%d format: a real number is required, not str");
	assert_refused(
		"%(created)x", STYLE_PERCENT, "%x format: an integer is required, not float");
	assert_refused("%(name)s %(x", STYLE_PERCENT, "incomplete format key");
	assert_refused("%(name)s %", STYLE_PERCENT, "incomplete format");
	assert_refused("%(name)s %(x)Z", STYLE_PERCENT,
		"unsupported format character 'Z' (0x5a) at index 13");
	assert_refused(
		"%(name)s %s", STYLE_PERCENT, "'%s' names no attribute: expected '%(name)s'");
	assert_refused("%(name).s", STYLE_PERCENT, "Invalid format '%(name).s' for '%' style");
	assert_refused("%(name)c", STYLE_PERCENT, "%c requires int or char");
	assert_refused("%(name)9999s", STYLE_PERCENT,
		"a width above 1000 or a precision above 40 is not supported by vigil");
	assert_refused("$name $", STYLE_DOLLAR, "invalid format: bare '$' not allowed");
	assert_refused("${name", STYLE_DOLLAR, "invalid format: bare '$' not allowed");
	assert_refused("name", STYLE_DOLLAR, "invalid format: no fields");
}

static void a_dollar_format(void **state)
{
	struct log_record record = a_record();
	struct formatter *formatter;
	char buffer[64];
	struct text text;
	const char *why;

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(make("$levelname:${name}:$message $$ ${lineno} ${message}x$name.", NULL,
				 STYLE_DOLLAR, &why, &formatter),
		0);
	assert_int_equal(formatter_format(formatter, &record, &text), 0);
	assert_string_equal(buffer, "INFO:n:hello w $ 7 hello wxn.");
}

static void a_brace_format(void **state)
{
	struct log_record record = a_record();
	struct formatter *formatter;
	char buffer[128];
	struct text text;
	const char *why;

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(make("{{{levelname:<8}}}|{lineno:05d}|{msecs:03.0f}|{process:#x}|{name:^9}"
			      "|{name:*>9}|"
			      "{rank:>3}|{rank:03d}",
				 NULL, STYLE_BRACE, &why, &formatter),
		0);
	assert_int_equal(formatter_format(formatter, &record, &text), 0);
	assert_string_equal(buffer, "{INFO    }|00007|007|0x2a|    n    |********n|  3|003");
}

static void assert_brace(const char *format, const char *expected)
{
	struct log_record record = a_record();
	struct formatter *formatter;
	char buffer[256];
	struct text text;
	const char *why;

	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(make(format, NULL, STYLE_BRACE, &why, &formatter), 0);
	assert_int_equal(formatter_format(formatter, &record, &text), 0);
	assert_string_equal(buffer, expected);
}

static void numbers_in_all_their_forms(void **state)
{
	(void)state;
	assert_format("%(created)e %(created).3G %(process)c %(name)a %(msecs)#.0f",
		"7.353794e+08 7.35E+08 * 'n' 7.");
	assert_brace("{created:,} {created:+.2e} {created:.3} {msecs:g} {msecs:%}",
		"735,379,380.007 +7.35e+08 7.35e+08 7 700.000000%");
	assert_brace("{process:b} {process:#_b} {process:012,} {process:*=+8d} {process:e}",
		"101010 0b10_1010 0,000,000,042 +*****42 4.200000e+01");
	assert_brace("{message:{lineno}}|{message:.{lineno}}|{process:0{levelno},}",
		"hello w|hello w|0,000,000,000,000,042");
	assert_brace("{process:c}|{name!a:>{lineno}}", "*|    'n'");
}

static void bad_brace_formats_are_refused(void **state)
{
	static const struct {
		const char *format, *why;
	} rows[] = {
		{"hello", "invalid format: no fields"},
		{"{}", "invalid format: no fields"},
		{"{message", "invalid format: expected '}' before end of string"},
		{"message}", "invalid format: Single '}' encountered in format string"},
		{"{na-me}", "invalid format: invalid field name/expression: 'na-me'"},
		{"{message:.2ff}", "invalid format: bad specifier: '.2ff'"},
		{"{message!Z}", "invalid format: invalid conversion: 'Z'"},
		{"{message!sx}", "invalid format: expected ':' after conversion specifier"},
		{"{name:d}", "Unknown format code 'd' for object of type 'str'"},
		{"{lineno:s}", "Unknown format code 's' for object of type 'int'"},
		{"{created:x}", "Unknown format code 'x' for object of type 'float'"},
		{"{lineno:.2}", "Precision not allowed in integer format specifier"},
		{"{name:+}", "Sign not allowed in string format specifier"},
		{"{name:=5}", "'=' alignment not allowed in string format specifier"},
		{"{name:-}", "Sign not allowed in string format specifier"},
		{"{name:,}", "Cannot specify ',' with 's'."},
		{"{lineno:_c}", "Cannot specify '_' with 'c'."},
		{"{lineno:#c}", "Alternate form (#) not allowed with integer format specifier 'c'"},
		{"{lineno:.{levelno}}", "Precision not allowed in integer format specifier"},
		{"{name.x}", "an attribute or an item in '{name.x:}' is not supported by vigil"},
		{"{name:{rank}}",
			"a field within a field that is not levelno, lineno, process or thread in "
			"'{name:{rank}}' is not supported by vigil"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_refused(rows[i].format, STYLE_BRACE, rows[i].why);
}

static void padding_is_cut_where_the_buffer_ends(void **state)
{
	struct log_record record = a_record();
	struct formatter *formatter;
	char buffer[64];
	struct text text;
	const char *why;

	(void)state;
	assert_int_equal(make("{name:\xc3\xa4^40}", NULL, STYLE_BRACE, &why, &formatter), 0);
	for (size_t size = 1; size < sizeof buffer; size++) {
		text_init(&text, buffer, size);
		assert_int_equal(formatter_format(formatter, &record, &text), 0);
		assert_true(text.truncated && text.length < size);
	}
}

static void percent_n_and_unknown_conversions_of_dates_do_nothing(void **state)
{
	struct formatter *formatter;
	const char *why;

	(void)state;
	assert_refused("%(name)n", STYLE_PERCENT, "Invalid format '%(name)n' for '%' style");
	assert_int_equal(make("%(asctime)s", "%-d", STYLE_PERCENT, &why, &formatter), -EINVAL);
	assert_string_equal(why, "conversion '%-…' of datefmt is not supported by vigil");
	assert_int_equal(make("%(asctime)s", "%%U", STYLE_PERCENT, &why, &formatter), 0);
}

static void an_attribute_that_is_not_there_is_an_error(void **state)
{
	static const char *const known[] = {"rank", NULL};
	struct formatter_options options = {
		.format = "%(nope)s", .extra_names = known, .clock = &utc};
	struct log_record record = a_record();
	struct formatter *formatter;
	char buffer[128];
	struct text text;
	const char *why;

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(make("%(nope)s", NULL, STYLE_PERCENT, &why, &formatter), 0);
	assert_int_equal(formatter_format(formatter, &record, &text), -ENOENT);
	text_reset(&text, 0);
	assert_int_equal(formatter_new(&arena, &options, &text, &formatter), -EINVAL);
	assert_string_equal(buffer, "Formatting field not found in record: 'nope'");
}

static void json_has_the_attributes_of_a_record_without_a_form_of_its_own(void **state)
{
	struct log_record record = a_record();
	char buffer[512];
	struct text text;

	(void)state;
	record.extra = NULL;
	record.message = "a\"\n";
	record.exc_text = "TB\n";
	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(formatter_format(&formatter_json, &record, &text), 0);
	assert_string_equal(buffer,
		"{\"name\":\"n\",\"levelno\":20,\"levelname\":\"INFO\",\"created\":735379380."
		"007000,"
		"\"process\":42,\"thread\":43,\"processName\":\"MainProcess\",\"threadName\":null,"
		"\"pathname\":\"/a/b/"
		"c.d.py\",\"lineno\":7,\"funcName\":null,\"message\":\"a\\\"\\n\","
		"\"exc_text\":\"TB\\n\"}");
}

static void json_is_whole_in_a_buffer_of_any_size_or_nothing(void **state)
{
	static char message[1000];
	struct log_record record = a_record();
	char buffer[2000];
	struct text text;

	(void)state;
	record.extra = NULL;
	memset(message, '"', sizeof message - 1);
	record.message = message;
	record.exc_text = message;
	for (size_t size = 1; size < sizeof buffer; size++) {
		text_init(&text, buffer, size);
		if (formatter_format(&formatter_json, &record, &text) < 0) {
			assert_int_equal(text.length, 0);
			assert_true(size < 300);
			continue;
		}
		assert_int_equal(buffer[text.length - 1], '}');
		assert_int_equal(buffer[text.length - 2], '"');
		assert_true(text.length < size && !text.truncated);
	}
}

UNIT_TESTS(cmocka_unit_test(the_specifications_examples),
	cmocka_unit_test(every_attribute_of_a_record), cmocka_unit_test(flags_are_printfs),
	cmocka_unit_test(widths_count_characters_not_bytes),
	cmocka_unit_test(modules_are_names_without_their_last_suffix),
	cmocka_unit_test(asctime_is_pythons),
	cmocka_unit_test(a_trace_follows_on_a_line_of_its_own),
	cmocka_unit_test(bad_formats_are_refused_in_pythons_words),
	cmocka_unit_test(a_dollar_format), cmocka_unit_test(a_brace_format),
	cmocka_unit_test(numbers_in_all_their_forms),
	cmocka_unit_test(bad_brace_formats_are_refused),
	cmocka_unit_test(padding_is_cut_where_the_buffer_ends),
	cmocka_unit_test(percent_n_and_unknown_conversions_of_dates_do_nothing),
	cmocka_unit_test(an_attribute_that_is_not_there_is_an_error),
	cmocka_unit_test(json_has_the_attributes_of_a_record_without_a_form_of_its_own),
	cmocka_unit_test(json_is_whole_in_a_buffer_of_any_size_or_nothing))
