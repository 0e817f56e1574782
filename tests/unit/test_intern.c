/* SPDX-License-Identifier: Apache-2.0 */
/* Equal content is kept once, and all of it stays as the table grows and when it is gone. */
#include "core/eventfile/intern.h"
#include "core/eventfile/decode.h"
#include "tests/unit/unit.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 10000

static void equal_strings_have_equal_addresses(void **state)
{
	struct arena arena = {0};
	struct intern intern = {.arena = &arena};
	char other[] = "a name of some length";
	const char *one = intern_string(&intern, "a name of some length");

	(void)state;
	assert_string_equal(one, other);
	assert_ptr_equal(intern_string(&intern, other), one);
	assert_ptr_not_equal(intern_string(&intern, "a name of some lengtH"), one);
	assert_ptr_not_equal(intern_string(&intern, "a name"), one);
	assert_string_equal(intern_string(&intern, ""), "");
	assert_int_equal(intern.table.count, 4);
	intern_release(&intern);
	assert_string_equal(one, other);
	arena_release(&arena);
}

static void bytes_may_be_any(void **state)
{
	struct arena arena = {0};
	struct intern intern = {.arena = &arena};
	const char *one = intern_bytes(&intern, "a\0b", 3);
	const char *other = intern_bytes(&intern, "a\0c", 3);

	(void)state;
	assert_memory_equal(one, "a\0b", 4);
	assert_memory_equal(other, "a\0c", 4);
	assert_ptr_equal(intern_bytes(&intern, "a\0b", 3), one);
	assert_ptr_not_equal(intern_bytes(&intern, "a", 1), intern_bytes(&intern, "a\0", 2));
	intern_release(&intern);
	arena_release(&arena);
}

static void many_are_found_again(void **state)
{
	static const char *kept[MANY];
	struct arena arena = {0};
	struct intern intern = {.arena = &arena};
	char name[32];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "function_%d", i);
		kept[i] = intern_string(&intern, name);
	}
	assert_int_equal(intern.table.count, MANY);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "function_%d", i);
		assert_ptr_equal(intern_string(&intern, name), kept[i]);
	}
	assert_int_equal(intern.table.count, MANY);
	intern_release(&intern);
	arena_release(&arena);
}

/* Objects from the block and from malloc, before, while and after the block is there. */
static void json_may_outgrow_its_block(void **state)
{
	size_t size = 200000;
	char *brackets = calloc(size + 2, 1);
	struct event_record record;
	struct decoder decoder;
	struct arena arena = {0};
	cJSON *before, *object;

	(void)state;
	decoder_begin(&decoder, &arena);
	before = cJSON_Parse("[1]");
	brackets[0] = '[';
	for (size_t i = 1; i < size - 2; i += 2)
		memcpy(brackets + i, "0,", 2);
	memcpy(brackets + strlen(brackets), "0]", 2);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			decode_line(&decoder, brackets, strlen(brackets), &record), LINE_FOREIGN);
	}
	decoder_end(&decoder);
	object = cJSON_Parse("{\"a\":\"b\"}");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(object, "a")), "b");
	cJSON_Delete(object);
	cJSON_Delete(before);
	arena_release(&arena);
	free(brackets);
}

UNIT_TESTS(cmocka_unit_test(equal_strings_have_equal_addresses), cmocka_unit_test(bytes_may_be_any),
	cmocka_unit_test(many_are_found_again), cmocka_unit_test(json_may_outgrow_its_block))
