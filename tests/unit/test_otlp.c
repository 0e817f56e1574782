/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP's wire format byte by byte, what answers say, and lists of pairs. */
#include "core/transport/otlp_pairs.h"
#include "core/transport/otlp_protobuf.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The wire format of REQUEST, in SIZE bytes. */
static size_t encoded(const char *request, char *bytes, size_t size, bool *ret_truncated)
{
	void *memory = malloc(json_size(request, strlen(request)));
	const struct json *json = json_parse(request, strlen(request), memory);
	struct text text;

	assert_non_null(json);
	text_init(&text, bytes, size);
	otlp_protobuf(json, &text);
	*ret_truncated = text.truncated;
	free(memory);
	return text.length;
}

static void a_request_is_encoded_byte_by_byte(void **state)
{
	static const char request[] =
		"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"258\","
		"\"severityNumber\":21,\"body\":{\"stringValue\":\"\"},\"attributes\":["
		"{\"key\":\"k\",\"value\":{\"intValue\":\"-1\"}},"
		"{\"key\":\"b\",\"value\":{\"boolValue\":false}}]}]}]}]}";
	static const char expected[] =
		"\x0a\x2e\x12\x2c\x12\x2a"
		"\x09\x02\x01\0\0\0\0\0\0"
		"\x10\x15"
		"\x2a\x02\x0a\0"
		"\x32\x10\x0a\x01k\x12\x0b\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
		"\x32\x07\x0a\x01"
		"b\x12\x02\x10\0";
	char bytes[200];
	bool truncated;
	size_t count = encoded(request, bytes, sizeof bytes, &truncated);

	(void)state;
	assert_int_equal(count, sizeof expected - 1);
	assert_memory_equal(bytes, expected, count);
	assert_false(truncated);
}

/* A length of 128 and more takes two bytes, before bytes that are there already. */
static void a_long_message_has_a_long_length(void **state)
{
	char request[400], bytes[400], value[201];
	bool truncated;
	size_t count;

	(void)state;
	memset(value, 'x', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	text_format(request, sizeof request,
		"{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"%s\"}]}}]}", value);
	count = encoded(request, bytes, sizeof bytes, &truncated);
	assert_int_equal(count, 3 + 3 + 3 + 3 + 200);
	assert_memory_equal(bytes, "\x0a\xd1\x01\x0a\xce\x01\x0a\xcb\x01\x0a\xc8\x01x", 13);
	encoded(request, bytes, 50, &truncated);
	assert_true(truncated);
}

static void a_partial_success_is_read(void **state)
{
	static const char wire[] = "\x0a\x08\x08\x02\x12\x04"
				   "full";
	static const char json[] =
		"{\"partialSuccess\":{\"rejectedLogRecords\":\"2\",\"errorMessage\":\"full\"}}";
	struct otlp_partial partial;

	(void)state;
	otlp_answer(wire, sizeof wire - 1, false, &partial);
	assert_int_equal(partial.rejected, 2);
	assert_string_equal(partial.message, "full");
	otlp_answer(json, sizeof json - 1, true, &partial);
	assert_int_equal(partial.rejected, 2);
	assert_string_equal(partial.message, "full");
}

/* What comes from the network may be anything: every beginning, and each byte another one. */
static void damaged_answers_are_no_harm(void **state)
{
	static const char wire[] = "\x0a\x08\x08\x02\x12\x04"
				   "full\x15\x01\x02\x03\x04";
	struct otlp_partial partial;
	char message[8];

	(void)state;
	for (size_t count = 0; count < sizeof wire; count++)
		for (int byte = 0; byte < 256; byte++) {
			/* Of its own length, so that a read behind it is seen. */
			char *copy = malloc(count + 1);

			memcpy(copy, wire, count);
			copy[count] = (char)byte;
			otlp_answer(copy, count + 1, false, &partial);
			otlp_status_message(copy, count + 1, false, message, sizeof message);
			otlp_answer(copy, count + 1, true, &partial);
			otlp_status_message(copy, count + 1, true, message, sizeof message);
			assert_true(strlen(message) < sizeof message);
			free(copy);
		}
}

static void pairs_are_read_until_the_list_ends(void **state)
{
	static struct otlp_pair pair;
	const char *at = " a=b%2c , c = d=e,,f=";

	(void)state;
	assert_int_equal(otlp_pair_next(&at, &pair), 1);
	assert_string_equal(pair.key, "a");
	assert_string_equal(pair.value, "b,");
	assert_int_equal(otlp_pair_next(&at, &pair), 1);
	assert_string_equal(pair.key, "c");
	assert_string_equal(pair.value, "d=e");
	assert_int_equal(otlp_pair_next(&at, &pair), 1);
	assert_string_equal(pair.key, "f");
	assert_string_equal(pair.value, "");
	assert_int_equal(otlp_pair_next(&at, &pair), 0);
	for (size_t i = 0; i < 4; i++) {
		static const char *const bad[] = {"a", "=b", "a=%4", "a=%00"};

		at = bad[i];
		assert_int_equal(otlp_pair_next(&at, &pair), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_encoded_byte_by_byte),
		cmocka_unit_test(a_long_message_has_a_long_length),
		cmocka_unit_test(a_partial_success_is_read),
		cmocka_unit_test(damaged_answers_are_no_harm),
		cmocka_unit_test(pairs_are_read_until_the_list_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
