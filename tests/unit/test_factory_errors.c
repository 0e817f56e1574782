/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a configuration of factories, with their libraries, and with them. */
#include "core/config/factory/factory.h"

#include "tests/unit/factory_world.h"

static void typed_arguments_that_are_wrong(void **state)
{
	static const struct {
		const char *argument, *expected;
	} cases[] = {
		{"{i3: 4}", "[1].i3: unknown type; known are: str, i32, i64, u32, u64, f32, f64, "
			    "bool, ptr; did you mean 'i32'?"},
		{"4", "[1]: expected one key, the argument's type, as in {i32: 4}"},
		{"{}", "[1]: expected one key, the argument's type, as in {i32: 4}"},
		{"{i32: 1, str: a}", "[1]: expected one key, the argument's type, as in {i32: 4}"},
		{"{i32: \"x\"}", "[1].i32: expected an integer, found a string"},
		{"{i32: 1.5}", "[1].i32: expected an integer, found a float"},
		{"{i32: yes}", "[1].i32: expected an integer, found a boolean"},
		{"{i32: 2147483648}",
			"[1].i32: expected -2147483648 to 2147483647, found 2147483648"},
		{"{i64: 9223372036854775808}", "[1].i64: expected -9223372036854775808 to "
					       "9223372036854775807, found 9223372036854775808"},
		{"{u32: -1}", "[1].u32: expected 0 to 4294967295, found -1"},
		{"{u64: 18446744073709551616}", "[1].u64: expected 0 to 18446744073709551615, "
						"found 18446744073709551616"},
		{"{u64: 99999999999999999999999999999999999999999}",
			"[1].u64: expected 0 to 18446744073709551615, found "
			"99999999999999999999999999999999999999999"},
		{"{f64: x}", "[1].f64: expected a number, found a string"},
		{"{f64: 1.0e+400}", "[1].f64: expected a decimal number that a double can hold, "
				    "found 1.0e+400"},
		{"{f64: 1:30.5}", "[1].f64: expected a decimal number that a double can hold, "
				  "found 1:30.5"},
		{"{f32: 1.0e+39}",
			"[1].f32: expected a number that a float can hold, found 1.0e+39"},
		{"{bool: 1}", "[1].bool: expected a boolean, found an integer"},
		{"{str: 1}", "[1].str: expected a string, found an integer"},
		{"{str: null}", "[1].str: expected a string, found null"},
		{"{ptr: 1}", "[1].ptr: expected null, the only pointer that can be written, found "
			     "an integer"},
	};
	char text[512], expected[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *colon = strchr(cases[i].argument, ':');

		snprintf(text, sizeof text, "    (): '@:make_typed'\n    args: [{i32: 1}, %s]",
			cases[i].argument);
		snprintf(expected, sizeof expected, "f:6:%d: handlers.h.args%s",
			22 + (int)(colon == NULL || strstr(cases[i].expected, "one key") != NULL
					     ? 0
					     : colon + 2 - cases[i].argument),
			cases[i].expected);
		assert_handler_refused(text, expected);
		assert_int_equal(opened, 0);
	}
	assert_handler_refused("    (): '@:make_typed'\n    args: []\n    returns: filter",
		"f:7:14: handlers.h.returns: expected 'handler', found 'filter'");
	assert_handler_refused("    (): '@:make_typed'\n    args: []\n    path: x",
		"f:7:5: handlers.h.path: got an unexpected keyword argument 'path'; known are: "
		"class, level, formatter, filters, (), args, returns");
	assert_refused(ALLOWED "filters:\n  f:\n    (): '@:x'\n    args: []\n    returns: handler",
		"f:7:14: filters.f.returns: expected 'filter', found 'handler'");
	assert_refused(ALLOWED "formatters:\n  f:\n    (): '@:x'\n    args: []\n    fmt: x",
		"f:7:5: formatters.f.fmt: got an unexpected keyword argument 'fmt'; known are: "
		"args, returns, (), class");
}

static void names_that_are_wrong(void **state)
{
#define AS_ANY                                                                                     \
	" is no library and symbol; a name alone is not looked up, as any library of the program " \
	"could have it: write '/path/lib.so:symbol'"
#define CLASSES                                                                       \
	"logging.StreamHandler, logging.FileHandler, logging.NullHandler, "           \
	"logging.handlers.WatchedFileHandler, logging.handlers.RotatingFileHandler, " \
	"logging.handlers.TimedRotatingFileHandler, logging.handlers.MemoryHandler, " \
	"logging.handlers.QueueHandler, logging.handlers.SocketHandler, "             \
	"logging.handlers.DatagramHandler, logging.handlers.SysLogHandler, "          \
	"vigil.RunFileHandler, vigil.JournalHandler, and a library's as "             \
	"'/path/lib.so:symbol'"
#define EIGHT(x) x x x x x x x x
	(void)state;
	assert_handler_refused(
		"    (): make", "f:5:9: handlers.h.(): Cannot resolve 'make'; known are: " CLASSES);
	assert_handler_refused("    (): my.Class",
		"f:5:9: handlers.h.(): Cannot resolve 'my.Class'; a Python class cannot run here; "
		"known are: " CLASSES);
	assert_handler_refused("    class: my.module.StreamHandler",
		"f:5:12: handlers.h.class: Cannot resolve 'my.module.StreamHandler'; a Python "
		"class "
		"cannot run here; known are: " CLASSES "; did you mean 'logging.StreamHandler'?");
	assert_handler_refused("    (): /x.so", "f:5:9: handlers.h.(): '/x.so'" AS_ANY);
	assert_handler_refused("    (): '/x.so:'", "f:5:9: handlers.h.(): '/x.so:'" AS_ANY);
	assert_handler_refused("    (): ':make'", "f:5:9: handlers.h.(): ':make'" AS_ANY);
	assert_handler_refused("    (): '/a:b/x'", "f:5:9: handlers.h.(): '/a:b/x'" AS_ANY);
	assert_handler_refused("    class: './x.so:make'",
		"f:5:12: handlers.h.class: './x.so:make' is not absolute, and each program has "
		"another working directory: write '/path/lib.so:symbol'");
	assert_handler_refused("    class: 'x.so:make'",
		"f:5:12: handlers.h.class: 'x.so:make' is not absolute, and each program has "
		"another working directory: write '/path/lib.so:symbol'");
	assert_handler_refused(
		"    (): 3", "f:5:9: handlers.h.(): expected a string, found an integer");
	assert_handler_refused("    (): '@:make'\n    9x: 1",
		"f:6:9: handlers.h.9x: Not a valid Python identifier: '9x'");
	assert_handler_refused("    (): '@:make'\n    x: [1:30.5]",
		"f:6:9: handlers.h.x[0]: 1:30.5 has no form in JSON");
	assert_handler_refused("    (): '@:make'\n    x: [cfg://handlers.h.x]",
		"f:6:9: handlers.h.x" EIGHT(EIGHT("[0]")) ": cfg://handlers.h.x refers to itself");
	assert_refused(ALLOWED "filters:\n  f:\n    (): '@:make_filter'\n    .: {a: 1}",
		"f:6:8: filters.f..: what a factory makes has no attributes to be set here");
	assert_handler_refused("    (): '@:make'\n    .: {a: 1}",
		"f:6:8: handlers.h..: this class has no attribute to be set but 'terminator'");
}

static void factories_have_to_be_allowed(void **state)
{
	(void)state;
	assert_refused("version: 1\nhandlers:\n  h:\n    (): '@:make'",
		"f:4:9: handlers.h.(): factories are not allowed; set 'vigil: {factories: true}' "
		"in this file");
	assert_refused("version: 1\nvigil: {factories: no}\nformatters:\n  x:\n    (): '@:make'",
		"f:5:9: formatters.x.(): factories are not allowed; set 'vigil: {factories: true}' "
		"in this file");
	assert_refused("version: 1\nvigil: {factories: 3}",
		"f:2:20: vigil.factories: expected true or false, found an integer");
	context.distrust = "is writable by all";
	assert_handler_refused("    (): '@:make'",
		"f:5:9: handlers.h.(): factories are not run: this file is writable by all");
	context.distrust = NULL;
	context.loader = NULL;
	assert_handler_refused(
		"    (): '@:make'", "f:5:9: handlers.h.(): this program loads no libraries");
	assert_int_equal(opened, 0);
}

static void libraries_that_are_wrong(void **state)
{
	char path[] = "/tmp/vigil-library-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	strcpy(program, path);
	assert_int_equal(write(fd, "#!/bin/sh\n", 10), 10);
	assert_handler_refused("    (): '@:make'", "f:5:9: handlers.h.(): @: is no shared object");
	assert_int_equal(pwrite(fd, "\177ELF", 4, 0), 4);
	good(ALLOWED "handlers: {h: {(): '@:make'}}");
	assert_int_equal(fchmod(fd, 0620), 0);
	assert_handler_refused("    (): '@:make'",
		"f:5:9: handlers.h.(): @: is writable by its group or others; chmod go-w it");
	assert_int_equal(fchmod(fd, 0602), 0);
	assert_handler_refused("    (): '@:make'",
		"f:5:9: handlers.h.(): @: is writable by its group or others; chmod go-w it");
	assert_int_equal(fchmod(fd, 0644), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, 12345, 0), 0);
		assert_handler_refused("    (): '@:make'",
			"f:5:9: handlers.h.(): @: belongs to another user than you and root");
	}
	close(fd);
	unlink(path);
	assert_handler_refused(
		"    (): '@:make'", "f:5:9: handlers.h.(): @: No such file or directory");
	strcpy(program, "/tmp");
	assert_handler_refused(
		"    (): '@:make'", "f:5:9: handlers.h.(): @: is not a regular file");
}

static void what_goes_wrong_in_the_call(void **state)
{
	static const char *const functions[][2] = {
		{"handlers", "emit"}, {"filters", "filter"}, {"formatters", "format"}};
	char text[1024], expected[512];

	(void)state;
	assert_handler_refused("    (): '@:refuse'",
		"f:5:9: handlers.h.(): refuse() returned -2: No such file or directory");
	assert_handler_refused("    (): '@:refuse_oddly'",
		"f:5:9: handlers.h.(): refuse_oddly() returned 7, neither 0 nor -errno");
	assert_handler_refused("    (): '@:make_nothing'",
		"f:5:9: handlers.h.(): make_nothing() made no handler: it returned 0 and left "
		"NULL");
	assert_handler_refused("    (): '@:return_null'\n    args: []",
		"f:5:9: handlers.h.(): return_null() made no handler: it returned NULL");
	assert_int_equal(opened, 1);
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof text, ALLOWED "%s:\n  x:\n    (): '@:make_hollow'",
			functions[i][0]);
		snprintf(expected, sizeof expected,
			"f:5:9: %s.x.(): make_hollow() made a %.*s whose '%s' is NULL",
			functions[i][0], (int)strlen(functions[i][0]) - 1, functions[i][0],
			functions[i][1]);
		assert_refused(text, expected);
	}
	strcpy(expected, strrchr(program, '/') + 1);
	snprintf(text, sizeof text,
		"f:5:9: handlers.h.(): cannot load '%s:absent': the loader's reason", expected);
	assert_handler_refused("    (): '@:absent'", text);
	make_error = true;
	assert_handler_refused("    (): '@:absent'", text);
}

UNIT_TESTS(TEST(typed_arguments_that_are_wrong), TEST(names_that_are_wrong),
	TEST(factories_have_to_be_allowed), TEST(libraries_that_are_wrong),
	TEST(what_goes_wrong_in_the_call))
