/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/config.h"

#include "core/base/log_file.h"
#include "core/config/dict/dict_handler.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena arena;
static struct config_errors errors;

static int parse(const char *text, bool validate_only, struct logging **ret)
{
	struct config_context context = {
		.validate_only = validate_only, .run = {.directory = "/tmp", .rank = 3}};

	memset(&errors, 0, sizeof errors);
	errors.arena = &arena;
	errors.path = "f";
	return config_parse(
		&arena, arena_strdup(&arena, text), strlen(text), &context, ret, &errors);
}

static struct logging *good(const char *text)
{
	struct logging *logging = NULL;
	int error = parse(text, false, &logging);

	if (error < 0)
		print_error("%s\n", errors.count > 0 ? errors.lines[0] : "?");
	assert_int_equal(error, 0);
	return logging;
}

/* TEXT is "version: 1" and one thing wrong, at its end. */
static void assert_refused(const char *text, const char *expected)
{
	char whole[512];
	struct logging *logging = NULL;

	snprintf(whole, sizeof whole, "version: 1\n%s\n", text);
	assert_int_equal(parse(whole, false, &logging), -EINVAL);
	assert_null(logging);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.lines[0], expected);
}

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

static void classes_and_keys(void **state)
{
	(void)state;
	assert_refused("handlers: {h: {class: logging.FileHandlr}}",
		"f:2:23: handlers.h.class: Cannot resolve 'logging.FileHandlr'; known are: "
		"logging.StreamHandler, "
		"logging.FileHandler, logging.NullHandler, "
		"logging.handlers.WatchedFileHandler, logging.handlers.RotatingFileHandler, "
		"logging.handlers.TimedRotatingFileHandler, logging.handlers.MemoryHandler, "
		"logging.handlers.QueueHandler, logging.handlers.SocketHandler, "
		"logging.handlers.DatagramHandler, logging.handlers.SysLogHandler, "
		"vigil.RunFileHandler, vigil.JournalHandler; did you mean "
		"'logging.FileHandler'?");
	assert_refused("handlers: {h: {}}", "f:2:15: handlers.h: handler 'h' has no class");
	assert_refused(
		"handlers: {h: 3}", "f:2:15: handlers.h: expected a mapping, found an integer");
	assert_refused("handlers: {h: {class: logging.NullHandler, levle: 3}}",
		"f:2:44: handlers.h.levle: got an unexpected keyword argument 'levle'; known are: "
		"class, level, formatter, "
		"filters; did you mean 'level'?");
	assert_refused("handlers: {h: {class: logging.FileHandler}}",
		"f:2:15: handlers.h: FileHandler missing 1 required argument: 'filename'");
	assert_refused("handlers: {h: {class: logging.StreamHandler, stream: ext://sys.stdbout}}",
		"f:2:54: handlers.h.stream: Cannot resolve 'sys.stdbout': No module named "
		"'sys.stdbout'; 'sys' is not a package; known are: ext://sys.stdout, "
		"ext://sys.stderr, ext://logging.ERROR and the other levels");
	assert_refused("handlers: {h: {class: logging.handlers.RotatingFileHandler}}",
		"f:2:15: handlers.h: RotatingFileHandler missing 1 required argument: 'filename'");
	assert_refused("handlers: {h: {class: logging.handlers.RotatingFileHandler, filename: x, "
		       "maxBytes: '9'}}",
		"f:2:84: handlers.h.maxBytes: expected an integer, found a string");
	assert_refused("handlers: {h: {class: logging.handlers.RotatingFileHandler, filename: x, "
		       "backupCount: 10000}}",
		"f:2:87: handlers.h.backupCount: expected -9223372036854775808 to 9999, found "
		"10000");
	assert_refused("handlers: {h: {class: vigil.RunFileHandler, filename: '{x}'}}",
		"f:2:55: handlers.h.filename: unknown field in '{x}'; known are: {hostname} {rank} "
		"{local_rank} {pid} "
		"{run_id} {program}");
	assert_refused("handlers: {h: {class: logging.FileHandler, filename: cfg://x}}",
		"f:2:54: handlers.h.filename: cfg://x: there is no 'x' in what comes before it");
}

static void classes_that_send_to_sockets(void **state)
{
	(void)state;
	assert_refused("handlers: {h: {class: logging.handlers.SocketHandler}}",
		"f:2:15: handlers.h: SocketHandler missing 2 required arguments: 'host' and "
		"'port'");
	assert_refused("handlers: {h: {class: logging.handlers.DatagramHandler, host: h}}",
		"f:2:15: handlers.h: DatagramHandler missing 1 required argument: 'port'");
	assert_refused("handlers: {h: {class: logging.handlers.SocketHandler, host: x.invalid, "
		       "port: 9020}}",
		"f:2:61: handlers.h.host: 'x.invalid' is no address, and /etc/hosts does not know "
		"it; name servers are not asked from inside a program");
	assert_refused("handlers: {h: {class: logging.handlers.SocketHandler, host: '::1', port: "
		       "65536}}",
		"f:2:74: handlers.h.port: expected 0 to 65535, found 65536");
	assert_refused("handlers: {h: {class: logging.handlers.SysLogHandler, address: [a]}}",
		"f:2:64: handlers.h.address: expected the path of a socket or [host, port], found "
		"a list");
	assert_refused("handlers: {h: {class: logging.handlers.SysLogHandler, socktype: 3}}",
		"f:2:65: handlers.h.socktype: expected ext://socket.SOCK_DGRAM or "
		"ext://socket.SOCK_STREAM, found 3");
	assert_refused("handlers: {h: {class: logging.handlers.SysLogHandler, .: {framing: x}}}",
		"f:2:68: handlers.h...framing: unknown framing 'x'; known are: nul, none, lf, "
		"octet");
	assert_refused("handlers: {h: {class: vigil.JournalHandler, address: x}}",
		"f:2:45: handlers.h.address: got an unexpected keyword argument 'address'; known "
		"are: class, level, formatter, filters, path, identifier");
	good("{version: 1, handlers: {h: {class: logging.handlers.SysLogHandler}, j: {class: "
	     "vigil.JournalHandler, identifier: a, path: j}, d: {class: "
	     "logging.handlers.DatagramHandler, host: localhost, port: 9021}}}");
}

static void times_of_day_are_reported_from_numbers(void **state)
{
	(void)state;
#define TIMED                                                                         \
	"handlers: {h: {class: logging.handlers.TimedRotatingFileHandler, filename: " \
	"/nonexistent/x, delay: yes, "
	good("version: 1\n" TIMED "when: midnight, atTime: 12:30}}");
	good("version: 1\n" TIMED "when: w6, atTime: '02:30:59', utc: yes, interval: 2}}");
	assert_refused(TIMED "atTime: 45000}}",
		"f:2:112: handlers.h.atTime: expected a time of day as '23:59:59', found 45000");
	assert_refused(TIMED "atTime: '24:00'}}",
		"f:2:112: handlers.h.atTime: expected a time of day as '23:59:59', found 24:00");
	assert_refused(TIMED "when: W9}}",
		"f:2:15: handlers.h: Invalid day specified for weekly rollover: W9");
	assert_refused(TIMED "interval: 0}}",
		"f:2:114: handlers.h.interval: expected 1 to 1000000000, found 0");
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

static const char *formatted(const struct logging *logging, const struct record_extra *extra)
{
	static char buffer[256];
	struct log_record record = {.name = "n", .levelno = 20, .message = "m", .extra = extra};
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(
		handler_format(logger_setup(&logging->root)->handlers->items[0], &record, &text),
		0);
	return buffer;
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

static void attributes_of_a_handler(void **state)
{
	struct logging *logging = good("{version: 1, handlers: {h: {'()': logging.StreamHandler, "
				       "'.': {terminator: \"!\\n\"}}}, "
				       "root: {handlers: [h]}}");

	(void)state;
	assert_string_equal(formatted(logging, NULL), "m!\n");
	assert_refused("handlers: {h: {class: logging.NullHandler, '.': {terminater: x}}}",
		"f:2:49: handlers.h..: this class has no attribute to be set but 'terminator'");
}

/* "()" names a class of Python's or vigil's as "class" does, and goes before it. */
static void a_class_may_be_called_and_its_attributes_referred_to(void **state)
{
	struct logging *logging;

	(void)state;
	logging = good("{version: 1, handlers: {h: {(): logging.StreamHandler, class: x, .: "
		       "'cfg://x'}}, x: {terminator: '!'}, root: {handlers: [h]}}");
	assert_string_equal(logger_setup(&logging->root)->handlers->items[0]->terminator, "!");
	assert_refused("handlers: {h: {(): logging.NullHandler, .: {terminator: '', ident: x}}}",
		"f:2:44: handlers.h..: this class has no attribute to be set but 'terminator'");
	assert_refused("handlers: {h: {(): logging.NullHandlr}}",
		"f:2:20: handlers.h.(): Cannot resolve 'logging.NullHandlr'; known are: "
		"logging.StreamHandler, logging.FileHandler, logging.NullHandler, "
		"logging.handlers.WatchedFileHandler, logging.handlers.RotatingFileHandler, "
		"logging.handlers.TimedRotatingFileHandler, logging.handlers.MemoryHandler, "
		"logging.handlers.QueueHandler, logging.handlers.SocketHandler, "
		"logging.handlers.DatagramHandler, logging.handlers.SysLogHandler, "
		"vigil.RunFileHandler, vigil.JournalHandler, and a library's as "
		"'/path/lib.so:symbol'; did you mean 'logging.NullHandler'?");
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

/* How many times KEY occurs among the parameters and the keywords of CLASS. */
static int occurrences(const struct dict_class *class, const char *key)
{
	int count = 0;

	for (size_t i = 0; class->parameters[i] != NULL; i++)
		count += strcmp(class->parameters[i]->key, key) == 0;
	for (size_t i = 0; class->keywords[i] != NULL; i++)
		count += strcmp(class->keywords[i]->key, key) == 0;
	return count;
}

/* What its reader relies on: the parameters that are required exist, and each key occurs once. */
static void every_class_is_a_row_that_can_be_read(void **state)
{
	(void)state;
	for (const struct dict_class *class = dict_handler_classes; class->name != NULL; class ++) {
		assert_ptr_equal(dict_handler_class(class->name), class);
		assert_non_null(strrchr(class->name, '.'));
		assert_non_null(class->make);
		for (size_t i = 0; i < class->required; i++) {
			assert_non_null(class->parameters[i]);
			assert_false(class->parameters[i]->unlisted);
		}
		for (size_t i = 0; class->parameters[i] != NULL; i++)
			assert_int_equal(occurrences(class, class->parameters[i]->key), 1);
		for (size_t i = 0; class->keywords[i] != NULL; i++)
			assert_int_equal(occurrences(class, class->keywords[i]->key), 1);
		if (class->refers != NULL)
			assert_int_equal(occurrences(class, class->refers), 1);
	}
	assert_null(dict_handler_class("logging.Handler"));
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
	cmocka_unit_test(classes_and_keys), cmocka_unit_test(classes_that_send_to_sockets),
	cmocka_unit_test(times_of_day_are_reported_from_numbers),
	cmocka_unit_test(what_python_has_and_this_has_not),
	cmocka_unit_test(defaults_of_a_formatter),
	cmocka_unit_test(references_to_parts_and_to_objects),
	cmocka_unit_test(references_that_lead_nowhere),
	cmocka_unit_test(references_that_multiply_are_bounded),
	cmocka_unit_test(attributes_of_a_handler),
	cmocka_unit_test(a_class_may_be_called_and_its_attributes_referred_to),
	cmocka_unit_test(every_class_is_a_row_that_can_be_read),
	cmocka_unit_test(every_error_is_reported_up_to_a_bound),
	cmocka_unit_test(errors_without_number),
	cmocka_unit_test(what_python_passes_over_is_a_warning),
	cmocka_unit_test(a_broken_part_is_reported_once_not_by_all_who_use_it),
	cmocka_unit_test(files_are_opened_only_when_all_is_right),
	cmocka_unit_test(files_that_cannot_be_a_configuration))
