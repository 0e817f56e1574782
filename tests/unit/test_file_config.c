/* SPDX-License-Identifier: Apache-2.0 */
/* INI configurations: their errors with file, line and column. What they do is in
 * tests/conformance. */
#include "core/config/file_config.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#define GOOD                                                                                       \
	"[loggers]\nkeys=root\n[logger_root]\nhandlers=h\n[formatters]\nkeys=f\n[formatter_f]\n"   \
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

static void errors_have_their_places(void **state)
{
	(void)state;
	assert_refused(GOOD "class=NullHandler\n level : x\n[x]\nlevel = WARNIG",
		"f.ini:11:7: Cannot resolve 'NullHandler\\nlevel : x'",
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

static void all_errors_are_told(void **state)
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

UNIT_TESTS(cmocka_unit_test(a_good_one), cmocka_unit_test(errors_have_their_places),
	cmocka_unit_test(all_errors_are_told), cmocka_unit_test(arguments_that_do_not_fit),
	cmocka_unit_test(arguments_by_their_positions),
	cmocka_unit_test(references_that_double_are_bounded))
