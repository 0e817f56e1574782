/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/yaml/yaml.h"

#include "core/base/text.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;
static struct config_errors errors;

static int read_text(const char *text, struct value **ret)
{
	memset(&errors, 0, sizeof errors);
	errors.arena = &arena;
	errors.path = "f";
	return yaml_read(&arena, arena_strdup(&arena, text), strlen(text), &errors, ret);
}

static struct value *good(const char *text)
{
	struct value *value = NULL;
	int error = read_text(text, &value);

	if (error < 0)
		print_error("%s: %s\n", text, errors.count > 0 ? errors.lines[0] : "?");
	assert_int_equal(error, 0);
	return value;
}

static void assert_refused(const char *text, const char *expected)
{
	struct value *value = NULL;

	assert_int_equal(read_text(text, &value), -EINVAL);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.lines[0], expected);
	assert_null(value);
}

static const struct value *member(const struct value *dict, const char *key)
{
	const struct value_item *item = value_dict_get(dict, key);

	assert_non_null(item);
	return item->value;
}

static void plain_scalars_are_pyyamls(void **state)
{
	static const struct {
		const char *text;
		enum value_type type;
		int64_t number;
	} rows[] = {
		{"no", VALUE_BOOL, 0},
		{"on", VALUE_BOOL, 1},
		{"True", VALUE_BOOL, 1},
		{"y", VALUE_STRING, 0},
		{"tRUE", VALUE_STRING, 0},
		{"", VALUE_NULL, 0},
		{"~", VALUE_NULL, 0},
		{"null", VALUE_NULL, 0},
		{"nuLL", VALUE_STRING, 0},
		{"0644", VALUE_INT, 420},
		{"0o17", VALUE_STRING, 0},
		{"08", VALUE_STRING, 0},
		{"0", VALUE_INT, 0},
		{"12:30:00", VALUE_INT, 45000},
		{"12:60", VALUE_STRING, 0},
		{"1_000", VALUE_INT, 1000},
		{"-5", VALUE_INT, -5},
		{"+5", VALUE_INT, 5},
		{"0x1f", VALUE_INT, 31},
		{"0b101", VALUE_INT, 5},
		{"1e3", VALUE_STRING, 0},
		{"1.5e+3", VALUE_FLOAT, 0},
		{"1.5", VALUE_FLOAT, 0},
		{".5", VALUE_FLOAT, 0},
		{"1.", VALUE_FLOAT, 0},
		{".", VALUE_STRING, 0},
		{"-.inf", VALUE_FLOAT, 0},
		{".nan", VALUE_FLOAT, 0},
		{"1.5e3", VALUE_STRING, 0},
		{"-", VALUE_STRING, 0},
		{"'10'", VALUE_STRING, 0},
		{"\"no\"", VALUE_STRING, 0},
		{"9223372036854775808", VALUE_FLOAT, 0},
		{"!!str 10", VALUE_STRING, 0},
		{"!!int 10", VALUE_INT, 10},
		{"12:30:00.5", VALUE_FLOAT, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[64];
		const struct value *value;

		snprintf(text, sizeof text, "k:\n- %s\n",
			strcmp(rows[i].text, "-") == 0 ? "'-'" : rows[i].text);
		value = member(good(text), "k")->items->value;
		if (value->type != rows[i].type)
			print_error("%s\n", rows[i].text);
		assert_int_equal(value->type, rows[i].type);
		assert_int_equal(value->number, rows[i].number);
	}
}

static void values_know_their_locations(void **state)
{
	const struct value *top = good("a: 1\nb:\n  - x\n  - {c: y}\n");
	const struct value *list = member(top, "b");

	(void)state;
	assert_int_equal(list->line, 3);
	assert_int_equal(list->column, 3);
	assert_int_equal(list->count, 2);
	assert_int_equal(member(list->items->next->value, "c")->line, 4);
	assert_int_equal(member(list->items->next->value, "c")->column, 9);
	assert_int_equal(value_dict_get(top, "b")->column, 1);
}

static void the_last_of_two_equal_keys_wins(void **state)
{
	const struct value *top = good("a: 1\nb: 2\na: 3\n");

	(void)state;
	assert_int_equal(member(top, "a")->number, 3);
	assert_int_equal(top->count, 2);
}

static void aliases_and_merges(void **state)
{
	const struct value *top = good("base: &b {x: 1, y: 2}\nsame: *b\nmore: {<<: *b, y: 3}\n"
				       "list: {<<: [{x: 7}, {x: 8, z: 9}]}\n");

	(void)state;
	assert_ptr_equal(member(top, "same"), member(top, "base"));
	assert_int_equal(member(member(top, "more"), "x")->number, 1);
	assert_int_equal(member(member(top, "more"), "y")->number, 3);
	assert_int_equal(member(member(top, "list"), "x")->number, 7);
	assert_int_equal(member(member(top, "list"), "z")->number, 9);
}

static void json_is_read_too(void **state)
{
	const struct value *top = good("{\n\t\"a\\/b\": \"\\ud83d\\ude00\\u00e4\\n\", \"c\": "
				       "[1,2,true,null,{}], \"d\":\"\\\\ud83d\"}\n");

	(void)state;
	assert_string_equal(member(top, "a/b")->text, "\xf0\x9f\x98\x80\xc3\xa4\n");
	assert_int_equal(member(top, "c")->count, 5);
	assert_string_equal(member(top, "d")->text, "\\ud83d");
}

static void damage_is_reported_with_its_location(void **state)
{
	(void)state;
	assert_refused("a: b\nc: \xff\n", "f:2:4: byte 0xff is not UTF-8");
	assert_refused("# nothing\n",
		"f: holds no configuration: there is nothing but blanks and comments");
	assert_refused("a: *x\n", "f:1:4: found undefined alias 'x'");
	assert_refused("a: &x 1\nb: &x 2\n", "f:2:4: found duplicate anchor 'x'");
	assert_refused("a: &x [*x]\n", "f:1:8: found unconstructable recursive node 'x'");
	assert_refused("a: 1\n---\nb: 2\n",
		"f:2:1: expected a single document in the stream, but found another document");
	assert_refused("a: !!python/object:os.system x\n",
		"f:1:4: could not determine a constructor for the tag "
		"'tag:yaml.org,2002:python/object:os.system'");
	assert_refused("a: !!int x\n",
		"f:1:4: could not determine a constructor for the tag 'tag:yaml.org,2002:int'");
	assert_refused("{[1]: 2}", "f:1:2: found unhashable key: a list");
	assert_refused("a: \"x\\0y\"", "f:1:4: a NUL character is not supported");
	assert_refused("f: %(x)s",
		"f:1:4: while scanning for the next token: found character that cannot start any "
		"token; quote "
		"values that start with '%', '@' or '`', and indent with blanks, not tabs");
}

static void depth_is_bounded(void **state)
{
	char text[400];

	(void)state;
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	text[128] = '\0';
	good(text);
	memset(text, '[', 65);
	text[65] = '\0';
	assert_refused(text, "f:1:65: nested too deeply: 64 levels at most");
}

static void a_billion_laughs_are_refused(void **state)
{
	char buffer[2048];
	struct text text;
	struct value *value;

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	text_add(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 10; i++) {
		text_printf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			text_printf(&text, "%s*a%d", j == 0 ? "" : ", ", i - 1);
		text_add(&text, "]\n");
	}
	assert_int_equal(read_text(buffer, &value), -EINVAL);
	assert_non_null(
		strstr(errors.lines[0], "too many values, counting what its aliases stand for"));
}

static void truth_is_pythons(void **state)
{
	static const char *const falsy[] = {"~", "no", "0", "0.0", "-0.0", "''", "[]", "{}"};
	static const char *const truthy[] = {
		"yes", "1", "-1", "0.1", ".inf", "'no'", "[0]", "{a: 0}"};

	(void)state;
	for (size_t i = 0; i < sizeof falsy / sizeof *falsy; i++)
		assert_false(value_truth(good(falsy[i])));
	for (size_t i = 0; i < sizeof truthy / sizeof *truthy; i++)
		assert_true(value_truth(good(truthy[i])));
}

UNIT_TESTS(cmocka_unit_test(plain_scalars_are_pyyamls),
	cmocka_unit_test(values_know_their_locations),
	cmocka_unit_test(the_last_of_two_equal_keys_wins), cmocka_unit_test(aliases_and_merges),
	cmocka_unit_test(json_is_read_too), cmocka_unit_test(damage_is_reported_with_its_location),
	cmocka_unit_test(depth_is_bounded), cmocka_unit_test(a_billion_laughs_are_refused),
	cmocka_unit_test(truth_is_pythons))
