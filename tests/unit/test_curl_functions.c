/* SPDX-License-Identifier: Apache-2.0 */
/* The options and the structures of libcurl as they are declared here, and as its
 * header declares them. */
#include "core/transport/curl_library.h"
#include "tests/unit/unit.h"

#include <stddef.h>
#include <string.h>

#if __has_include(<curl/curl.h>)
#include <curl/curl.h>

static void the_options_are_as_in_the_header(void **state)
{
	(void)state;
#define O(name, number) assert_int_equal(VIGIL_##name, name);
#include "core/transport/curl_functions.def"
	assert_int_equal(CURL_READABLE, CURL_WAIT_POLLIN);
	assert_int_equal(CURL_IS_DONE, CURLMSG_DONE);
	assert_int_equal(CURL_GLOBAL_EVERYTHING, CURL_GLOBAL_ALL);
}

static void the_structures_are_as_in_the_header(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct curl_wait), sizeof(struct curl_waitfd));
	assert_int_equal(offsetof(struct curl_wait, events), offsetof(struct curl_waitfd, events));
	assert_int_equal(
		offsetof(struct curl_wait, revents), offsetof(struct curl_waitfd, revents));
	assert_int_equal(offsetof(struct curl_done, message), offsetof(CURLMsg, msg));
	assert_int_equal(offsetof(struct curl_done, easy), offsetof(CURLMsg, easy_handle));
	assert_int_equal(offsetof(struct curl_done, result), offsetof(CURLMsg, data));
}

/* What is an enum or a type of its own there. */
static void the_types_are_as_wide(void **state)
{
	(void)state;
	assert_int_equal(sizeof(CURLcode), sizeof(int));
	assert_int_equal(sizeof(CURLMcode), sizeof(int));
	assert_int_equal(sizeof(CURLoption), sizeof(int));
	assert_int_equal(sizeof(curl_off_t), sizeof(int64_t));
}
#else
static void the_options_are_as_in_the_header(void **state)
{
	(void)state;
	skip();
}

static void the_structures_are_as_in_the_header(void **state)
{
	(void)state;
	skip();
}

static void the_types_are_as_wide(void **state)
{
	(void)state;
	skip();
}
#endif

static void the_library_is_loaded_once(void **state)
{
	char complaint[200] = "";
	const struct curl *curl = curl_load(complaint, sizeof complaint);

	(void)state;
	if (curl == NULL) {
		assert_non_null(strstr(complaint, "libcurl"));
		skip();
	}
	assert_ptr_equal(curl_load(complaint, sizeof complaint), curl);
	assert_string_equal(complaint, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_options_are_as_in_the_header),
		cmocka_unit_test(the_structures_are_as_in_the_header),
		cmocka_unit_test(the_types_are_as_wide),
		cmocka_unit_test(the_library_is_loaded_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
