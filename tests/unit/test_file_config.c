/* SPDX-License-Identifier: Apache-2.0 */
/* INI configurations: their errors with file, line and column. What they do is in
 * tests/conformance. */
#include "core/config/ini/file_config.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#define GOOD                                                                                     \
	"[loggers]\nkeys=root\n[logger_root]\nhandlers=h\n[formatters]\nkeys=f\n[formatter_f]\n" \
	"[handlers]\nkeys=h\n[handler_h]\n"

static struct arena arena;
static struct config_errors errors;

static int parse(const char *text, struct logging **ret)
{
	struct config_context context = {.validate_only = true};

	memset(&errors, 0, sizeof errors);
	errors.arena = &arena;
	errors.path = "f.ini";
	return file_config(&arena, text, strlen(text), &context, ret, &errors);
}

static void assert_refused(const char *text, const char *line, const char *python)
{
	struct logging *logging = NULL;

	assert_int_equal(parse(text, &logging), -EINVAL);
	assert_null(logging);
	assert_string_equal(errors.lines[0], line);
	assert_string_equal(errors.python, python);
}

static void a_good_one(void **state)
{
	struct logging *logging = NULL;

	(void)state;
	assert_int_equal(parse(GOOD "class=NullHandler\nlevel=ERROR\nformatter=f\n", &logging), 0);
	assert_int_equal(logger_setup(&logging->root)->handlers->count, 1);
	assert_int_equal(logger_setup(&logging->root)->handlers->items[0]->level, LEVEL_ERROR);
	assert_int_equal(errors.warning_count, 0);
}

static void errors_have_their_locations(void **state)
{
	(void)state;
	assert_refused(GOOD "class=NullHandler\n level : x\n[x]\nlevel = WARNIG",
		"f.ini:11:7: handlers.h.class: Cannot resolve 'NullHandler\\nlevel : x'; "
		"known are: logging.StreamHandler, logging.FileHandler, logging.NullHandler, "
		"logging.handlers.WatchedFileHandler, logging.handlers.RotatingFileHandler, "
		"logging.handlers.TimedRotatingFileHandler, logging.handlers.MemoryHandler, "
		"logging.handlers.QueueHandler, logging.handlers.SocketHandler, "
		"logging.handlers.DatagramHandler, logging.handlers.SysLogHandler, "
		"vigil.RunFileHandler, vigil.JournalHandler",
		"ModuleNotFoundError: No module named 'NullHandler\nlevel : x'");
	assert_refused(GOOD "class=NullHandler\nlevel :  WARNIG",
		"f.ini:12:10: handlers.h.level: Unknown level: 'WARNIG'; did you mean 'WARNING'?",
		"ValueError: Unknown level: 'WARNIG'");
	assert_refused(GOOD "class=FileHandler\nargs=('a', os)",
		"f.ini:12:6: unsupported name at column 7 of '('a', os)'",
		"NameError: name 'os' is not defined");
	assert_refused(GOOD "Class=NullHandler\nclass=x",
		"f.ini:12:1: option 'class' in section "
		"'handler_h' already exists",
		"DuplicateOptionError: While reading from 'f.ini' [line 12]: option 'class' in "
		"section 'handler_h' already exists");
	assert_refused(GOOD, "f.ini:10:1: section [handler_h] has no 'class'", "KeyError: 'class'");
	assert_refused("[loggers]\nx", "f.ini: Source contains parsing errors:\\n\t[line  2]: 'x'",
		"RuntimeError: f.ini is invalid: Source contains parsing errors: 'f.ini'\n\t[line  "
		"2]: 'x'");
}

static void all_errors_are_reported(void **state)
{
	struct logging *logging;

	(void)state;
	assert_int_equal(parse("[loggers]\nkeys=root,a\n[logger_root]\nhandlers=zz\n"
			       "[handlers]\nkeys=h,i\n[handler_h]\nclass=x\n",
				 &logging),
		-EINVAL);
	assert_int_equal(errors.count, 5);
	assert_string_equal(errors.python, "KeyError: 'formatters'");
}

static void assert_lines(const char *text, const char *const *lines)
{
	struct logging *logging = NULL;
	size_t count = 0;

	assert_int_equal(parse(text, &logging), -EINVAL);
	assert_null(logging);
	for (; lines[count] != NULL; count++) {
		assert_true(count < errors.count);
		if (strncmp(errors.lines[count], lines[count], strlen(lines[count])) != 0)
			fail_msg("%s, not %s", errors.lines[count], lines[count]);
	}
	assert_int_equal(errors.count, count);
}

/* In the order of the file, each once, and none that only follows from another. */
static void what_is_wrong_hides_nothing_else_and_spreads_nowhere(void **state)
{
	(void)state;
	assert_lines("[loggers]\nkeys=root,x\n"
		     "[handlers]\nkeys=h,g\n"
		     "[formatters]\nkeys=f,k\n"
		     "[logger_root]\nlevel=DEBUGG\nhandlers=h,g,nosuch\n"
		     "[logger_x]\nhandlers=h\nqualname=x\npropagate=maybe\n"
		     "[handler_h]\nclass=my.module.Handler\nlevel=LOUD\nformatter=f\nargs=()\n"
		     "[handler_g]\nclass=StreamHandlr\nformatter=k\nargs=(sys.stdout,\n"
		     "[formatter_f]\nformat=%(message)d\nclass=colorlog.ColoredFormatter\n"
		     "[formatter_k]\nformat=%(mesage\n",
		(const char *const[]){
			"f.ini:8:7: root.level: Unknown level: 'DEBUGG'; did you mean 'DEBUG'?",
			"f.ini:9:10: Unable to add handler 'nosuch': it is not defined",
			"f.ini:13:11: propagate: expected 0 or 1, found 'maybe'",
			"f.ini:15:7: handlers.h.class: Cannot resolve 'my.module.Handler'; a "
			"Python "
			"class cannot run here; known are: logging.StreamHandler, ",
			"f.ini:16:7: handlers.h.level: Unknown level: 'LOUD'",
			"f.ini:20:7: handlers.g.class: Cannot resolve 'StreamHandlr'; known are: ",
			"f.ini:22:6: unsupported expression at column 13 of '(sys.stdout,'",
			"f.ini:25:7: formatters.f.class: Cannot resolve "
			"'colorlog.ColoredFormatter'; "
			"a Python class cannot run here; known are: logging.Formatter, ",
			"f.ini:27:8: formatters.k.format: Invalid format '%(mesage' for '%' style",
			NULL});
	assert_string_equal(errors.python, "ModuleNotFoundError: No module named 'my'");
	assert_lines("[loggers]\nkeys=root\n[handlers]\nkeys=m,n,o,p\n[formatters]\nkeys=\n"
		     "[logger_root]\nhandlers=m,n,o,p\n"
		     "[handler_m]\nclass=handlers.MemoryHandler\nargs=(10,)\ntarget=nosuch\n"
		     "[handler_n]\nclass=StreamHandler\nargs=(sys.stdout, 1)\nformatter=g\n"
		     "[handler_o]\nlevel=INF\n",
		(const char *const[]){"f.ini: there is no section [handler_p]",
			"f.ini:12:8: handlers.m.target: Unable to set target handler 'nosuch'",
			"f.ini:15:6: StreamHandler() takes at most 1 arguments but 2 were given",
			"f.ini:16:11: Unable to set formatter 'g': it is not defined",
			"f.ini:17:1: section [handler_o] has no 'class'",
			"f.ini:18:7: handlers.o.level: Unknown level: 'INF'; did you mean 'INFO'?",
			NULL});
	assert_lines("[loggers]\nkeys=root,a\n[logger_root]\nlevel=INF\nhandlers=h,g\n"
		     "[logger_a]\nhandlers=h\npropagate=2x\n",
		(const char *const[]){"f.ini: there is no section [formatters]",
			"f.ini: there is no section [handlers]",
			"f.ini:4:7: root.level: Unknown level: 'INF'; did you mean 'INFO'?",
			"f.ini:6:1: section [logger_a] has no 'qualname'",
			"f.ini:8:11: propagate: expected 0 or 1, found '2x'", NULL});
}

static void arguments_that_do_not_fit(void **state)
{
	(void)state;
	assert_refused(GOOD "class=NullHandler\nargs=(1, 2)",
		"f.ini:12:6: NullHandler() takes at most 1 arguments but 2 were given",
		"TypeError: NullHandler.__init__() takes at most 2 positional arguments but 3 were "
		"given");
	assert_refused(GOOD "class=StreamHandler\nargs=3",
		"f.ini:12:6: args must be a tuple such as ('a.log',) and kwargs a dict",
		"TypeError: Value after * must be an iterable");
}

static void arguments_by_their_positions(void **state)
{
	struct logging *logging = NULL;
	char buffer[256];
	struct text text;

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	assert_int_equal(
		parse(GOOD "class=handlers.RotatingFileHandler\nargs=('/x', 'a', 100, 3)\n",
			&logging),
		0);
	const struct handler *handler = logger_setup(&logging->root)->handlers->items[0];
	handler->class->describe(handler, &text);
	assert_string_equal(buffer, "RotatingFile '/x' maxBytes=100 backupCount=3");
	text_reset(&text, 0);
	assert_int_equal(parse(GOOD "class=logging.handlers.SysLogHandler\n"
				    "args=(('127.0.0.1', 5140), handlers.SysLogHandler.LOG_MAIL, "
				    "handlers.socket.SOCK_DGRAM)\n",
				 &logging),
		0);
	handler = logger_setup(&logging->root)->handlers->items[0];
	handler->class->describe(handler, &text);
	assert_string_equal(buffer, "SysLog 127.0.0.1 5140 facility=2");
}

static void references_that_double_are_bounded(void **state)
{
	struct logging *logging;

	(void)state;
	assert_int_equal(parse(GOOD "class=%(a)s\na=%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s\n"
				    "b=%(c)s%(c)s%(c)s%(c)s%(c)s%(c)s%(c)s%(c)s\n"
				    "c=%(d)s%(d)s%(d)s%(d)s%(d)s%(d)s%(d)s%(d)s\n"
				    "d=%(e)s%(e)s%(e)s%(e)s%(e)s%(e)s%(e)s%(e)s\n"
				    "e=0123456789012345678901234567890123456789\n",
				 &logging),
		-EINVAL);
	assert_non_null(strstr(errors.lines[0], "longer than 64 KiB"));
}

UNIT_TESTS(cmocka_unit_test(a_good_one), cmocka_unit_test(errors_have_their_locations),
	cmocka_unit_test(all_errors_are_reported),
	cmocka_unit_test(what_is_wrong_hides_nothing_else_and_spreads_nowhere),
	cmocka_unit_test(arguments_that_do_not_fit), cmocka_unit_test(arguments_by_their_positions),
	cmocka_unit_test(references_that_double_are_bounded))
