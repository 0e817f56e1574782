/* SPDX-License-Identifier: Apache-2.0 */
/* The formatters of a configuration: their classes, and the keys that Python does not have. */
#include "core/config/config.h"
#include "core/config/ini/file_config.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct config_errors errors;
static struct logging *logging;

static void begin(const char *path)
{
	memset(&errors, 0, sizeof errors);
	errors.arena = &arena;
	errors.path = path;
	logging = NULL;
}

/* KEYS are those of the one formatter that the one handler uses. */
static int parse(const char *keys)
{
	static const struct config_context context = {
		.validate_only = true, .color = COLOR_STREAMS};
	char text[1024];

	begin("f");
	snprintf(text, sizeof text,
		"version: 1\nformatters:\n  c: {%s}\n"
		"handlers: {h: {class: logging.NullHandler, formatter: c}}\n"
		"root: {handlers: [h]}\n",
		keys);
	return config_parse(
		&arena, arena_strdup(&arena, text), strlen(text), &context, &logging, &errors);
}

static int parse_ini(const char *options)
{
	static const struct config_context context = {
		.validate_only = true, .color = COLOR_STREAMS};
	char text[1024];

	begin("f.ini");
	snprintf(text, sizeof text,
		"[loggers]\nkeys=root\n[logger_root]\nhandlers=h\n[handlers]\nkeys=h\n"
		"[handler_h]\nclass=NullHandler\nformatter=c\n[formatters]\nkeys=c\n"
		"[formatter_c]\n%s\n",
		options);
	return file_config(
		&arena, arena_strdup(&arena, text), strlen(text), &context, &logging, &errors);
}

static const struct formatter *formatter(void)
{
	return logger_setup(&logging->root)->handlers->items[0]->formatter;
}

static void assert_is(int result, const char *expected)
{
	char buffer[256];
	struct text text;

	if (result < 0)
		print_error("%s\n", errors.count > 0 ? errors.lines[0] : "?");
	assert_int_equal(result, 0);
	text_init(&text, buffer, sizeof buffer);
	formatter_describe(formatter(), &text);
	assert_string_equal(buffer, expected);
	if (errors.warning_count > 0)
		fail_msg("%s", errors.warnings[0]);
}

static void assert_refused(int result, const char *expected)
{
	assert_int_equal(result, -EINVAL);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.lines[0], expected);
}

#define PLAIN "fmt='[%(asctime)s] %(name)s %(levelname)s: %(message)s' datefmt='%m/%d %H:%M:%S'"

static void classes_are_called_by_class_or_as_a_factory(void **state)
{
	(void)state;
	assert_is(parse("class: vigil.ColorFormatter"), "vigil.ColorFormatter color=auto " PLAIN);
	assert_is(parse("'()': vigil.ColorFormatter, fmt: '{message}', style: '{'"),
		"vigil.ColorFormatter color=auto fmt='{message}' datefmt='%m/%d %H:%M:%S'");
	assert_is(parse("'()': vigil.ColorFormatter, class: nonsense"),
		"vigil.ColorFormatter color=auto " PLAIN);
	assert_is(parse("'()': vigil.JsonFormatter"), "vigil.JsonFormatter");
	assert_is(parse("class: vigil.JsonFormatter"), "vigil.JsonFormatter");
	assert_is(parse("'()': logging.Formatter"), "fmt='%(message)s' datefmt=None");
	assert_is(parse("class: null"), "fmt='%(message)s' datefmt=None");
	assert_is(parse(""), "fmt='%(message)s' datefmt=None");
	assert_refused(parse("class: vigil.ColourFormatter"),
		"f:3:14: formatters.c.class: Cannot resolve 'vigil.ColourFormatter'; known are: "
		"logging.Formatter, vigil.JsonFormatter, vigil.ColorFormatter, "
		"vigil.RdzvEventFormatter, vigil.EventFormatter; did you mean "
		"'vigil.ColorFormatter'?");
	assert_refused(parse("'()': my.Formatter, color: always"),
		"f:3:13: formatters.c.(): Cannot resolve 'my.Formatter'; a Python class "
		"cannot run here; known are: logging.Formatter, vigil.JsonFormatter, "
		"vigil.ColorFormatter, vigil.RdzvEventFormatter, vigil.EventFormatter, and a "
		"library's as '/path/lib.so:symbol'; did you mean 'logging.Formatter'?");
	assert_refused(parse("'()': colorlog.ColoredFormatter"),
		"f:3:13: formatters.c.(): Cannot resolve 'colorlog.ColoredFormatter'; a Python "
		"class cannot run here; known are: logging.Formatter, vigil.JsonFormatter, "
		"vigil.ColorFormatter, vigil.RdzvEventFormatter, vigil.EventFormatter, and a "
		"library's as '/path/lib.so:symbol'; did you mean 'vigil.ColorFormatter'?");
	assert_refused(parse("class: nonsense, color: always, mine: 1"),
		"f:3:14: formatters.c.class: Cannot resolve 'nonsense'; known are: "
		"logging.Formatter, vigil.JsonFormatter, vigil.ColorFormatter, "
		"vigil.RdzvEventFormatter, vigil.EventFormatter");
	assert_int_equal(errors.warning_count, 0);
	assert_refused(
		parse("'()': 3"), "f:3:13: formatters.c.(): expected a string, found an integer");
	assert_refused(parse("class: vigil.JsonFormatter, format: x"),
		"f:3:6: formatters.c: vigil.JsonFormatter takes no 'format'");
}

static void colours_are_chosen(void **state)
{
	static const struct {
		const char *word, *name;
		enum color_where where;
	} rows[] = {
		{"auto", "auto", COLOR_STREAMS},
		{"null", "auto", COLOR_STREAMS},
		{"always", "always", COLOR_EVERYWHERE},
		{"true", "always", COLOR_EVERYWHERE},
		{"on", "always", COLOR_EVERYWHERE},
		{"never", "never", COLOR_NOWHERE},
		{"false", "never", COLOR_NOWHERE},
		{"no", "never", COLOR_NOWHERE},
	};
	char keys[128], expected[256];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(keys, sizeof keys,
			"class: vigil.ColorFormatter, abbrev: {a: b, c.d: ''}, color: %s",
			rows[i].word);
		snprintf(expected, sizeof expected,
			"vigil.ColorFormatter color=%s abbrev={a: b, c.d: } %s", rows[i].name,
			PLAIN);
		assert_is(parse(keys), expected);
		assert_int_equal(formatter()->color, rows[i].where);
	}
}

static void wrong_values_are_reported_with_their_location(void **state)
{
	(void)state;
	assert_refused(parse("class: vigil.ColorFormatter, color: maybe"),
		"f:3:43: formatters.c.color: expected one of auto, always, never, found 'maybe'");
	assert_refused(parse("class: vigil.ColorFormatter, color: allways"),
		"f:3:43: formatters.c.color: expected one of auto, always, never, found 'allways'; "
		"did you mean 'always'?");
	assert_refused(parse("class: vigil.ColorFormatter, color: 1"),
		"f:3:43: formatters.c.color: expected a string, found an integer");
	assert_refused(parse("class: vigil.ColorFormatter, abbrev: d2"),
		"f:3:44: formatters.c.abbrev: expected a mapping, found a string");
	assert_refused(parse("class: vigil.ColorFormatter, abbrev: {a: 2}"),
		"f:3:48: formatters.c.abbrev.a: expected a string, found an integer");
	assert_refused(parse("class: vigil.ColorFormatter, format: bad"),
		"f:3:44: formatters.c.format: Invalid format 'bad' for '%' style");
	assert_refused(parse("escape: all"),
		"f:3:15: formatters.c.escape: expected one of none, control, found 'all'");
	assert_refused(parse("multiline: split"),
		"f:3:18: formatters.c.multiline: expected one of raw, indent, escape, found "
		"'split'");
}

static void escapes_are_chosen(void **state)
{
	static const struct {
		const char *keys, *described;
		unsigned flags;
	} rows[] = {
		{"escape: none", "", 0},
		{"multiline: raw", "", 0},
		{"multiline: indent", " multiline=indent", ESCAPE_INDENT},
		{"multiline: escape", " multiline=escape", ESCAPE_NEWLINE | ESCAPE_BACKSLASH},
		{"escape: control", " escape=control",
			ESCAPE_CONTROL | ESCAPE_NEWLINE | ESCAPE_BACKSLASH},
		{"escape: control, multiline: escape", " escape=control",
			ESCAPE_CONTROL | ESCAPE_NEWLINE | ESCAPE_BACKSLASH},
		{"escape: control, multiline: raw", " escape=control multiline=raw",
			ESCAPE_CONTROL | ESCAPE_BACKSLASH},
		{"escape: control, multiline: indent", " escape=control multiline=indent",
			ESCAPE_CONTROL | ESCAPE_BACKSLASH | ESCAPE_INDENT},
	};
	char expected[128];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(expected, sizeof expected, "fmt='%%(message)s' datefmt=None%s",
			rows[i].described);
		assert_is(parse(rows[i].keys), expected);
		assert_int_equal(formatter()->escape, rows[i].flags);
		assert_int_equal(formatter()->escape_below, rows[i].flags);
	}
	assert_int_equal(parse("class: vigil.ColorFormatter, escape: control"), 0);
	assert_int_equal(formatter()->colored->escape, rows[4].flags);
}

static void a_key_of_another_class_is_passed_over_with_a_warning(void **state)
{
	(void)state;
	assert_int_equal(parse("color: always"), 0);
	assert_int_equal(errors.warning_count, 1);
	assert_string_equal(errors.warnings[0],
		"f:3:7: formatters.c.color: unknown key, passed over as Python does; known are: "
		"format, datefmt, style, validate, defaults, fmt, escape, multiline, class, ()");
	assert_int_equal(parse("class: vigil.JsonFormatter, escape: control"), 0);
	assert_int_equal(errors.warning_count, 1);
}

static void an_ini_file_has_the_same_keys(void **state)
{
	(void)state;
	assert_is(parse_ini("class=vigil.JsonFormatter"), "vigil.JsonFormatter");
	assert_is(parse_ini("class=vigil.ColorFormatter\ncolor=always\nescape=control\n"
			    "multiline=indent\ndatefmt=%H\nformat=%(name)s 100%% "
			    "%(message)s\nabbrev={'a': 'b'}"),
		"vigil.ColorFormatter color=always abbrev={a: b} fmt='%(name)s 100%% %(message)s' "
		"datefmt='%H' escape=control multiline=indent");
	assert_int_equal(formatter()->color, COLOR_EVERYWHERE);
	assert_is(parse_ini("multiline=escape"), "fmt='%(message)s' datefmt=None multiline=escape");
	assert_refused(parse_ini("class=vigil.ColorFormatter\ncolor = maybe"),
		"f.ini:14:9: formatters.c.color: expected one of auto, always, never, found "
		"'maybe'");
	assert_refused(parse_ini("escape=x"),
		"f.ini:13:8: formatters.c.escape: expected one of none, control, found 'x'");
	assert_int_equal(parse_ini("class=vigil.ColorFormatter\nabbrev={'a': x}"), -EINVAL);
	assert_string_equal(
		errors.lines[0], "f.ini:14:8: unsupported name at column 7 of '{'a': x}'");
}

UNIT_TESTS(cmocka_unit_test(classes_are_called_by_class_or_as_a_factory),
	cmocka_unit_test(colours_are_chosen),
	cmocka_unit_test(wrong_values_are_reported_with_their_location),
	cmocka_unit_test(escapes_are_chosen),
	cmocka_unit_test(a_key_of_another_class_is_passed_over_with_a_warning),
	cmocka_unit_test(an_ini_file_has_the_same_keys))
