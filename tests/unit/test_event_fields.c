/* SPDX-License-Identifier: Apache-2.0 */
/* The table event_fields.def and the JSON Schema of an event name the same members. That man page
 * and schema do is tests/cli/test_man.py's. */
#include "core/events/event.h"

#include "tests/support/event_table.h"
#include "tests/unit/unit.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "core/report/schema/vigil.event-1.schema.json"

static cJSON *schema;

static int read_schema(void **state)
{
	static char text[64 * 1024];
	FILE *file = fopen(SCHEMA, "r");
	size_t count = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);

	(void)state;
	if (file == NULL)
		return -1;
	fclose(file);
	schema = cJSON_ParseWithLength(text, count);
	return schema == NULL ? -1 : 0;
}

static int release_schema(void **state)
{
	(void)state;
	cJSON_Delete(schema);
	return 0;
}

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static bool has_word(const cJSON *array, const char *word)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array) if (cJSON_IsString(item) &&
					    strcmp(item->valuestring, word) == 0) return true;
	return false;
}

/* What stands for TYPE of the table in the schema of a member. */
static bool is_of_type(const cJSON *property, const char *type)
{
	const cJSON *has = member(property, "type"), *only = member(property, "const");

	if (strcmp(type, "STRING") == 0)
		return cJSON_IsArray(member(property, "enum")) || cJSON_IsString(only) ||
		       (cJSON_IsString(has) && strcmp(has->valuestring, "string") == 0);
	if (strcmp(type, "ARRAY") == 0)
		return strcmp(has->valuestring, "array") == 0;
	if (strcmp(type, "ADDRESS") == 0 || strcmp(type, "MAP") == 0)
		return cJSON_IsString(member(property, "$ref"));
	if (strcmp(type, "FLAG") == 0)
		return cJSON_IsTrue(only);
	if (strcmp(type, "RANK") == 0)
		return has_word(has, "integer") && has_word(has, "null");
	if (strcmp(type, "BOOL") == 0)
		return cJSON_IsString(has) && strcmp(has->valuestring, "boolean") == 0;
	return has_word(has, "integer") ||
	       (cJSON_IsString(has) && strcmp(has->valuestring, "integer") == 0);
}

/* Of OBJECT, a part of the schema whose first row is ROW. What the schema requires, every reader
 * may count on. */
static void check_rows(const cJSON *object, const struct event_row *row)
{
	for (; row->kind != ROW_END; row = event_row_next(row)) {
		const cJSON *property = member(member(object, "properties"), row->key);

		if (property == NULL)
			fail_msg("%s is not in %s", row->key, SCHEMA);
		else if (row->kind == ROW_BEGIN)
			check_rows(property, row + 1);
		else if (!is_of_type(property, row->type))
			fail_msg("%s is no %s in %s", row->key, row->type, SCHEMA);
		else if (row->present != ALWAYS && has_word(member(object, "required"), row->key))
			fail_msg("%s is required, and not ALWAYS present", row->key);
	}
}

static void every_field_of_the_table_is_in_the_schema_with_its_type(void **state)
{
	(void)state;
	check_rows(schema, event_rows);
}

static void check_properties(const cJSON *object, const struct event_row *first)
{
	const cJSON *property;

	cJSON_ArrayForEach(property, member(object, "properties"))
	{
		const struct event_row *row = event_row_find(first, property->string);

		if (row == NULL)
			fail_msg("%s has no line in event_fields.def", property->string);
		else if (row->kind == ROW_BEGIN)
			check_properties(property, row + 1);
	}
}

static void every_member_of_the_schema_has_a_line_in_the_table(void **state)
{
	(void)state;
	check_properties(schema, event_rows);
}

/* NAMES, as a function of an enum gives them for 0 and up, are those of PROPERTY, if it lists any.
 */
static void check_word(const cJSON *property, const char *word, int *count)
{
	const cJSON *words = member(property, "enum");

	if (word == NULL || words == NULL)
		return;
	++*count;
	if (!has_word(words, word))
		fail_msg("%s: '%s' is not in %s", property->string, word, SCHEMA);
}

static void the_words_of_enums_are_those_of_the_schema(void **state)
{
	const cJSON *object = schema, *property;
	int count, checked = 0;

	(void)state;
#define OBJECT(key, condition) object = member(member(schema, "properties"), #key);
#define OBJECT_END object = schema;
#define NAMED(prefix, key, member_, present, attribute, reader)                                \
	property = member(member(object, "properties"), #key);                                 \
	count = 0;                                                                             \
	for (unsigned i = 0;                                                                   \
		prefix##_name(i) == NULL || strcasecmp(prefix##_name(i), "unknown") != 0; i++) \
		check_word(property, prefix##_name(i), &count);                                \
	assert_int_equal(count, cJSON_GetArraySize(member(property, "enum")));                 \
	checked += count > 0;
#include "core/events/event_fields.def"
	assert_true(checked >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_the_table_is_in_the_schema_with_its_type),
		cmocka_unit_test(every_member_of_the_schema_has_a_line_in_the_table),
		cmocka_unit_test(the_words_of_enums_are_those_of_the_schema),
	};

	return cmocka_run_group_tests(tests, read_schema, release_schema);
}
