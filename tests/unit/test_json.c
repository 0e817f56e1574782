/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/json.h: what is JSON and what is not, and the values of it. */
#include "core/base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

/* Parsed from memory that ends where TEXT does, into memory of just the size that is asked for: a
 * sanitizer sees a byte too many. */
static const struct json *parse(const char *text, void **ret_memory)
{
	size_t count = strlen(text);
	char *copy = malloc(count + 1);
	const struct json *json;

	assert_non_null(copy);
	copy = memcpy(copy, text, count);
	*ret_memory = malloc(json_size(text, count));
	assert_non_null(*ret_memory);
	copy = realloc(copy, count > 0 ? count : 1);
	json = json_parse(copy, count, *ret_memory);
	free(copy);
	return json;
}

static void is_refused(const char *text)
{
	void *memory;

	if (parse(text, &memory) != NULL)
		fail_msg("taken for JSON: %s", text);
	free(memory);
}

static void what_is_no_json_is_refused(void **state)
{
	static const char *const texts[] = {"", " ", "nul", "nulls", "[", "]", "[1", "[1,", "[1,]",
		"[,1]", "[1 2]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}",
		"{1:2}", "{\"a\" 1}", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
		"\"\t\"", "\"\\u00\"", "\"\\ud800\\u00\"", "01", "-", "+1", "1.", ".5", "1e", "1e+",
		"0x1", "Inf", "nan", "1 2", "{} {}", "[1}", "{\"a\":1]"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		is_refused(texts[i]);
}

static void deep_nesting_is_refused(void **state)
{
	char text[4096];
	void *memory;

	(void)state;
	memset(text, '[', 2000);
	memset(text + 2000, ']', 2000);
	text[4000] = '\0';
	is_refused(text);
	text[3000] = '\0';
	assert_non_null(parse(text + 1000, &memory));
	free(memory);
}

static void strings_are_decoded(void **state)
{
	static const struct {
		const char *text, *string;
	} cases[] = {
		{"\"\"", ""},
		{" \"a\" ", "a"},
		{"\"a\\u0000b\"", "a\xEF\xBF\xBD"
				  "b"},
		{"\"\\ud800\"", "\xEF\xBF\xBD"},
		{"\"\\udc00\\ud800\\u0041\"", "\xEF\xBF\xBD\xEF\xBF\xBD"
					      "A"},
		{"\xEF\xBB\xBF\"marked\"", "marked"},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
		{"\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"", "A\u00e9\u20ac\U0001F600"},
		{"\"\xff\"", "\xff"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		void *memory;
		const struct json *json = parse(cases[i].text, &memory);

		assert_true(json_is(json, JSON_STRING));
		assert_string_equal(json->string, cases[i].string);
		free(memory);
	}
}

static void numbers_stay_as_written(void **state)
{
	static const char *const numbers[] = {"0", "-0", "7", "7.0", "-1.5e+300", "1E5", "1e999",
		"-1e999", "NaN", "Infinity", "-Infinity", "123456789012345678901234567890"};

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		void *memory;
		const struct json *json = parse(numbers[i], &memory);
		double wanted = strtod(numbers[i], NULL);

		assert_true(json_is(json, JSON_NUMBER));
		assert_string_equal(json->string, numbers[i]);
		assert_true(
			json_double(json) == wanted || (isnan(wanted) && isnan(json_double(json))));
		free(memory);
	}
}

static void groups_have_their_items_in_order(void **state)
{
	void *memory;
	const struct json *json =
		parse("{\"a\": [1, true, null], \"b\":{}, \"a\" : false}", &memory);
	const struct json *item;
	const char *keys = "aba";

	(void)state;
	assert_true(json_is(json, JSON_OBJECT));
	assert_int_equal(json->count, 3);
	FOR_EACH_JSON (item, json)
		assert_int_equal(item->key[0], *keys++);
	item = json->child;
	assert_true(json_is(item, JSON_ARRAY) && item->count == 3);
	assert_string_equal(item->child->string, "1");
	assert_true(json_is_bool(item->child->next));
	assert_true(json_is(item->child->next->next, JSON_NULL));
	assert_null(item->child->next->next->next);
	assert_true(json_is(item->next, JSON_OBJECT) && item->next->child == NULL);
	assert_true(json_is(item->next->next, JSON_FALSE));
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(strings_are_decoded),
		cmocka_unit_test(numbers_stay_as_written),
		cmocka_unit_test(groups_have_their_items_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
