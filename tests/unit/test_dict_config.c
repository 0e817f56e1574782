/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/config.h"

#include "core/base/log_file.h"
#include "tests/unit/config_world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void versions(void **state)
{
	struct logging *logging;

	(void)state;
	good("version: 1");
	good("version: true");
	assert_int_equal(parse("{}", false, &logging), -EINVAL);
	assert_string_equal(errors.lines[0], "f:1:1: dictionary doesn't specify a version");
	assert_int_equal(parse("version: 2", false, &logging), -EINVAL);
	assert_string_equal(errors.lines[0], "f:1:10: version: Unsupported version: 2");
	assert_int_equal(parse("version: '1'", false, &logging), -EINVAL);
	assert_string_equal(errors.lines[0], "f:1:10: version: Unsupported version: 1");
	assert_int_equal(parse("[1]", false, &logging), -EINVAL);
	assert_string_equal(
		errors.lines[0], "f:1:1: expected a mapping (dictConfig, version 1), found a list");
}

static void a_whole_configuration(void **state)
{
	struct logging *logging =
		good("version: 1\n"
		     "disable_existing_loggers: false\n"
		     "incremental: no\n"
		     "vigil: {}\n"
		     "root: {level: ERROR, handlers: [out]}\n"
		     "loggers:\n"
		     "  a.b: {level: 15, propagate: no, filters: [f], handlers: [out, nil]}\n"
		     "handlers:\n"
		     "  out: {class: logging.StreamHandler, level: INFO, formatter: x, filters: "
		     "[f, r]}\n"
		     "  nil: {class: logging.NullHandler}\n"
		     "filters: {f: {name: a}, r: {class: vigil.RankFilter, ranks: [0, 1]}}\n"
		     "formatters: {x: {format: '%(message)s', validate: false}}\n");
	const struct logger *logger = logging_get(logging, "a.b");

	(void)state;
	assert_int_equal(logger_level(&logging->root), LEVEL_ERROR);
	assert_int_equal(logger_level(logger), 15);
	assert_false(logger_setup(logger)->propagate);
	assert_int_equal(logger_setup(logger)->filters->count, 1);
	assert_int_equal(logger_setup(logger)->handlers->count, 2);
	assert_string_equal(logger_setup(logger)->handlers->items[0]->name, "out");
	assert_string_equal(
		logger_setup(logger)->handlers->items[1]->class->name, "logging.NullHandler");
	assert_ptr_equal(logger_setup(logger)->handlers->items[0],
		logger_setup(&logging->root)->handlers->items[0]);
	assert_int_equal(logger_setup(logger)->handlers->items[0]->level, LEVEL_INFO);
	assert_int_equal(logger_setup(logger)->handlers->items[0]->filters->count, 2);
	assert_string_equal(logger_setup(logger)->handlers->items[0]->formatter->label, "x");
	assert_int_equal(errors.warning_count, 0);
}

static void levels_are_strict(void **state)
{
	(void)state;
	assert_refused("root: {level: WARNIG}",
		"f:2:15: root.level: Unknown level: 'WARNIG'; did you mean 'WARNING'?");
	assert_refused("root: {level: \"W\\e[31m\\x9b\\u202e\"}",
		"f:2:15: root.level: Unknown level: 'W\\x1b[31m\\u009b\\u202e'");
	assert_refused("root: {level: info}",
		"f:2:15: root.level: Unknown level: 'info'; did you mean 'INFO'?");
	assert_refused("root: {level: '10'}", "f:2:15: root.level: Unknown level: '10'");
	assert_refused("root: {level: 1.5}",
		"f:2:15: root.level: Level not an integer or a valid string: 1.5");
	assert_refused("root: {level: [1]}",
		"f:2:15: root.level: Level not an integer or a valid string: [1]");
	assert_int_equal(
		logger_level(&good("{version: 1, root: {level: null}}")->root), LEVEL_WARNING);
}

static void names_that_are_not_defined(void **state)
{
	(void)state;
	assert_refused("root: {handlers: [zz]}",
		"f:2:19: root.handlers[0]: Unable to add handler 'zz': it is not defined");
	assert_refused("root: {filters: [zz]}",
		"f:2:18: root.filters[0]: Unable to add filter 'zz': it is not defined");
	assert_refused("handlers: {h: {class: logging.NullHandler, formatter: nope}}",
		"f:2:55: handlers.h.formatter: Unable to set formatter 'nope': it is not defined");
	assert_refused("root: {handlers: 3}",
		"f:2:18: root.handlers: expected a list of names, found an integer");
}

static void a_string_of_handlers_is_a_list_of_letters(void **state)
{
	struct logging *logging = good(
		"version: 1\nhandlers: {h: {class: logging.NullHandler}}\nroot: {handlers: h}");

	(void)state;
	assert_int_equal(logger_setup(&logging->root)->handlers->count, 1);
	assert_int_equal(parse("version: 1\nhandlers: {hh: {class: logging.NullHandler}}\nroot: "
			       "{handlers: hh}",
				 false, &logging),
		-EINVAL);
	assert_int_equal(errors.count, 2);
	assert_non_null(strstr(errors.lines[0], "Unable to add handler 'h'"));
	assert_non_null(strstr(errors.lines[1], "write [hh]"));
}

static void what_python_has_and_this_has_not(void **state)
{
	(void)state;
	assert_refused("formatters: {f: {style: x}}",
		"f:2:25: formatters.f.style: Style must be one of: %,{,$");
	assert_refused("formatters: {f: {format: hello}}",
		"f:2:26: formatters.f.format: Invalid format 'hello' for '%' style");
	assert_refused("formatters: {f: {'()': x.y}}",
		"f:2:24: formatters.f.(): Cannot resolve 'x.y'; a Python class cannot run "
		"here; known are: logging.Formatter, vigil.JsonFormatter, "
		"vigil.ColorFormatter, vigil.RdzvEventFormatter, vigil.EventFormatter, and a "
		"library's as '/path/lib.so:symbol'");
	assert_refused("filters: {f: {'()': x.y}}",
		"f:2:21: filters.f.(): Cannot resolve 'x.y'; a Python class cannot run here; "
		"known are: logging.Filter, vigil.RankFilter, and a library's as "
		"'/path/lib.so:symbol'");
	assert_refused("filters: {r: {class: vigil.RankFilter}}",
		"f:2:14: filters.r: vigil.RankFilter needs 'ranks', a list");
}

static bool has_x(const struct record_extra *extra, const char *name, struct text *text)
{
	(void)extra;
	return strcmp(name, "x") == 0 ? text_add(text, "R"), true : false;
}

static void defaults_of_a_formatter(void **state)
{
	static const struct record_extra extra = {.attribute = has_x};
	struct logging *logging =
		good("{version: 1, my: 9, formatters: {f: {format: '%(x)s %(y)03d %(z)s %(b)s', "
		     "defaults: {x: D, y: cfg://my, z: 0x1f, b: yes}}}, handlers: {h: {class: "
		     "logging.StreamHandler, formatter: f}}, root: {handlers: [h]}}");

	(void)state;
	assert_string_equal(formatted(logging, NULL), "D 009 31 True\n");
	assert_string_equal(formatted(logging, &extra), "R 009 31 True\n");
	assert_refused("formatters: {f: {defaults: {x: []}}}",
		"f:2:32: formatters.f.defaults.x: expected a string or a number, found a list");
	assert_refused("formatters: {f: {defaults: 3}}",
		"f:2:28: formatters.f.defaults: expected a mapping, found an integer");
}

static void references_to_parts_and_to_objects(void **state)
{
	struct logging *logging =
		good("version: 1\n"
		     "x: {level: [ERROR, ext://logging.INFO], 'a b': 'cfg://x.level[1]'}\n"
		     "hs: [h]\n"
		     "handlers: {h: cfg://other}\n"
		     "other: {class: cfg://cls, level: 'cfg://x[level] [0]'}\n"
		     "cls: logging.NullHandler\n"
		     "root: {level: 'cfg://x[a b]', handlers: cfg://hs}\n"
		     "loggers: {a: {level: cfg://root.level, handlers: ['cfg://hs[0]']}}\n");

	(void)state;
	assert_int_equal(logger_level(&logging->root), LEVEL_INFO);
	assert_int_equal(logger_level(logging_get(logging, "a")), LEVEL_INFO);
	assert_int_equal(logger_setup(&logging->root)->handlers->count, 1);
	assert_int_equal(logger_setup(&logging->root)->handlers->items[0]->level, LEVEL_ERROR);
}

static void references_that_lead_nowhere(void **state)
{
	(void)state;
	assert_refused("root: {level: 'cfg://!'}", "f:2:15: root.level: Unable to convert '!'");
	assert_refused("root: {level: 'cfg://root!'}",
		"f:2:15: root.level: Unable to convert 'root!' at '!'");
	assert_refused("root: {level: 'cfg://root[x'}",
		"f:2:15: root.level: Unable to convert 'root[x' at '[x'");
	assert_refused("x: [1]\nroot: {level: 'cfg://x[1]'}",
		"f:3:15: root.level: cfg://x[1]: there is no '1' in what comes before it");
	assert_refused("root: {level: cfg://root.level}",
		"f:2:15: root.level: cfg://root.level refers to itself");
	assert_refused("root: {level: ext://os.EX_OK}",
		"f:2:15: root.level: Cannot resolve 'os.EX_OK': No module named 'os'; known are: "
		"ext://sys.stdout, ext://sys.stderr, ext://logging.ERROR and the other levels");
}

static void references_that_multiply_are_bounded(void **state)
{
	char text[4096] = "version: 1\nroot: {level: cfg://p0.q}\n";
	struct logging *logging;

	(void)state;
	for (int i = 0; i < 40; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text),
			"p%d: cfg://d%d.r\nd%d: {r: cfg://p%d.q, q: cfg://p%d.q}\n", i, i, i, i + 1,
			i + 1);
	snprintf(text + strlen(text), sizeof text - strlen(text),
		"p40: {q: {q: cfg://p40, r: cfg://p40}, r: 1}\n");
	assert_int_equal(parse(text, false, &logging), -EINVAL);
}

static void every_error_is_reported_up_to_a_bound(void **state)
{
	char text[8192] = "version: 1\nloggers:\n";
	struct logging *logging;

	(void)state;
	for (int i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text),
			"  l%d: {level: X, propagate: 1}\n", i);
	assert_int_equal(parse(text, false, &logging), -EINVAL);
	assert_int_equal(errors.count, CONFIG_ERRORS_MOST);
	assert_int_equal(errors.left_out, 100 - CONFIG_ERRORS_MOST);
	assert_string_equal(errors.lines[63], "f:66:16: loggers.l63.level: Unknown level: 'X'");
}

static void what_python_passes_over_is_a_warning(void **state)
{
	(void)state;
	good("version: 1\nformaters: {}\nroot: {propogate: 1}\nloggers: {a: {propagate: 'no'}}\n");
	assert_int_equal(errors.warning_count, 3);
	assert_non_null(strstr(errors.warnings[0], "did you mean 'formatters'?"));
	assert_non_null(strstr(errors.warnings[1], "the string 'no' counts as true"));
}

static void a_broken_part_is_reported_once_not_by_all_who_use_it(void **state)
{
	(void)state;
	assert_refused("handlers: {h: {class: logging.NullHandler, formatter: f}}\n"
		       "root: {handlers: [h]}\nformatters: {f: {format: x}}",
		"f:4:26: formatters.f.format: Invalid format 'x' for '%' style");
}

static void files_are_opened_only_when_all_is_right(void **state)
{
	static const char path[] = "/tmp/vigil-dict-config.log";
	char text[256];
	struct logging *logging;

	(void)state;
	unlink(path);
	snprintf(text, sizeof text,
		"version: 1\nhandlers: {h: {class: logging.FileHandler, filename: %s}}\nroot: "
		"{level: x}",
		path);
	assert_int_equal(parse(text, false, &logging), -EINVAL);
	assert_int_equal(access(path, F_OK), -1);
	*strstr(text, "\nroot") = '\0';
	assert_int_equal(parse(text, true, &logging), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(parse(text, false, &logging), 0);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	assert_refused("handlers: {h: {class: logging.FileHandler, filename: /nonexistent/x.log}}",
		"f:2:54: handlers.h.filename: [Errno 2] No such file or directory: "
		"'/nonexistent/x.log'");
}

static void assert_file_refused(const char *path, const char *expected)
{
	struct config_context context = {.validate_only = true};
	struct logging *logging = NULL;
	char line[256];

	memset(&errors, 0, sizeof errors);
	assert_true(config_load(&arena, path, &context, &logging, &errors) < 0);
	assert_null(logging);
	assert_int_equal(errors.count, 1);
	snprintf(line, sizeof line, "%s: %s", path, expected);
	assert_string_equal(errors.lines[0], line);
}

static void make_file(const char *path, const char *text, off_t size)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void files_that_cannot_be_a_configuration(void **state)
{
	static const char path[] = "/tmp/vigil-dict-config.ini";

	(void)state;
	assert_file_refused("/nonexistent.yaml", "No such file or directory");
	assert_file_refused("/tmp", "Is a directory");
	assert_file_refused("/dev/null", "is not a regular file");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_file_refused(path, "is not a regular file");
	unlink(path);
	make_file(path, "", 0);
	assert_file_refused(path, "is an empty file");
	make_file(path, "", CONFIG_SIZE_MOST + 1);
	assert_file_refused(path, "is larger than 1 MiB");
	unlink(path);
}

/* Each of them is wrong, and none is made, however many there are. */
static void errors_without_number(void **state)
{
	char text[8192] = "version: 1\nhandlers:\n";
	struct logging *logging = NULL;

	(void)state;
	for (int i = 0; i < CONFIG_ERRORS_MOST + 10; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "  h%d: {level: 1}\n", i);
	assert_int_equal(parse(text, false, &logging), -EINVAL);
	assert_int_equal(errors.count, CONFIG_ERRORS_MOST);
	assert_int_equal(errors.left_out, 10);
}

UNIT_TESTS(cmocka_unit_test(versions), cmocka_unit_test(a_whole_configuration),
	cmocka_unit_test(levels_are_strict), cmocka_unit_test(names_that_are_not_defined),
	cmocka_unit_test(a_string_of_handlers_is_a_list_of_letters),
	cmocka_unit_test(what_python_has_and_this_has_not),
	cmocka_unit_test(defaults_of_a_formatter),
	cmocka_unit_test(references_to_parts_and_to_objects),
	cmocka_unit_test(references_that_lead_nowhere),
	cmocka_unit_test(references_that_multiply_are_bounded),
	cmocka_unit_test(every_error_is_reported_up_to_a_bound),
	cmocka_unit_test(errors_without_number),
	cmocka_unit_test(what_python_passes_over_is_a_warning),
	cmocka_unit_test(a_broken_part_is_reported_once_not_by_all_who_use_it),
	cmocka_unit_test(files_are_opened_only_when_all_is_right),
	cmocka_unit_test(files_that_cannot_be_a_configuration))
