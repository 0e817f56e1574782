/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/literal.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static struct arena arena;
static struct config_errors errors;

static int read(const char *text, struct value **ret)
{
	static struct value source;

	memset(&errors, 0, sizeof errors);
	errors.arena = &arena;
	errors.path = "f";
	source = (struct value){.type = VALUE_STRING, .line = 3, .column = 6, .text = text};
	return literal_read(&arena, &source, &errors, ret);
}

static const struct value *good(const char *text)
{
	struct value *value = NULL;

	assert_int_equal(read(text, &value), 0);
	return value;
}

static void assert_refused(const char *text, const char *expected)
{
	struct value *value = NULL;

	assert_int_equal(read(text, &value), -EINVAL);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.lines[0], expected);
}

static void assert_int(const char *text, int64_t expected)
{
	const struct value *value = good(text);

	assert_int_equal(value->type, VALUE_INT);
	assert_int_equal(value->number, expected);
}

static void assert_string(const char *text, const char *expected)
{
	const struct value *value = good(text);

	assert_int_equal(value->type, VALUE_STRING);
	assert_string_equal(value->text, expected);
}

static void integers_in_all_bases(void **state)
{
	(void)state;
	assert_int("7", 7);
	assert_int(" -7 ", -7);
	assert_int("0x1_F", 31);
	assert_int("0o17", 15);
	assert_int("0b101", 5);
	assert_int("1_000", 1000);
	assert_int("0_0", 0);
	assert_int("9223372036854775807", INT64_MAX);
	assert_int("WARN", 30);
	assert_int("handlers.SysLogHandler.LOG_LOCAL7", 23);
}

static void strings_with_their_prefixes_and_escapes(void **state)
{
	(void)state;
	assert_string("'a'", "a");
	assert_string("\"it's\" ' and' r'\\n'", "it's and\\n");
	assert_string("'\\x41\\101\\u00e4\\U0001F600\\'\\q'", "AA\xc3\xa4\xf0\x9f\x98\x80'\\q");
	assert_string("'''a\nb'''", "a\nb");
	assert_string("''", "");
	assert_string("u'x' b'y' Rb'\\z'", "xy\\z");
	assert_string("('a'\n  'b')", "ab");
	assert_string("sys.stderr", "ext://sys.stderr");
}

static void groups_of_values(void **state)
{
	const struct value *value = good("('a.log', [1, 2.5,], {'k': None, 'k': True}, ())");

	(void)state;
	assert_int_equal(value->type, VALUE_LIST);
	assert_int_equal(value->count, 4);
	assert_int_equal(value->items->next->value->count, 2);
	assert_int_equal(value->items->next->value->last->value->type, VALUE_FLOAT);
	assert_int_equal(value->items->next->next->value->count, 1);
	assert_true(value_truth(value_dict_get(value->items->next->next->value, "k")->value));
	assert_int_equal(good("(1,)")->type, VALUE_LIST);
	assert_int_equal(good("(1)")->type, VALUE_INT);
	assert_int_equal(good("1, 2")->count, 2);
	assert_int_equal(good("1,")->count, 1);
	assert_int_equal(good("( # why\n 1, )")->count, 1);
}

static void what_is_no_literal_is_refused_with_its_column(void **state)
{
	(void)state;
	assert_refused("1 + 1", "f:3:6: unsupported expression at column 3 of '1 + 1'");
	assert_refused("(1 2)", "f:3:6: unsupported expression at column 4 of '(1 2)'");
	assert_refused("os.system('x')", "f:3:6: unsupported name at column 1 of 'os.system('x')'");
	assert_refused("'a", "f:3:6: unsupported string at column 1 of ''a'");
	assert_refused("'\\0'", "f:3:6: unsupported string at column 1 of ''\\0''");
	assert_refused("'\\ud800'", "f:3:6: unsupported string at column 1 of ''\\ud800''");
	assert_refused("", "f:3:6: expected an expression, such as () at column 1 of ''");
	assert_refused("012", "f:3:6: unsupported expression at column 1 of '012'");
	assert_refused("9223372036854775808",
		"f:3:6: unsupported expression at column 1 of '9223372036854775808'");
	assert_refused("1j", "f:3:6: unsupported expression at column 1 of '1j'");
	assert_refused("{1: 2}", "f:3:6: unsupported expression at column 3 of '{1: 2}'");
	assert_refused("[1", "f:3:6: unsupported expression at column 3 of '[1'");
	assert_refused("f'x'", "f:3:6: unsupported name at column 1 of 'f'x''");
}

static void depth_is_bounded(void **state)
{
	char text[200] = "";
	struct value *value;

	(void)state;
	memset(text, '(', 150);
	assert_int_equal(read(text, &value), -EINVAL);
	assert_non_null(strstr(errors.lines[0], "nested too deeply"));
}

UNIT_TESTS(cmocka_unit_test(integers_in_all_bases),
	cmocka_unit_test(strings_with_their_prefixes_and_escapes),
	cmocka_unit_test(groups_of_values),
	cmocka_unit_test(what_is_no_literal_is_refused_with_its_column),
	cmocka_unit_test(depth_is_bounded))
