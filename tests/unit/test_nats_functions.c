/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of nats.c as they are declared here, and as its header declares them. */
#include "core/transport/library.h"
#include "tests/unit/unit.h"

#include <string.h>

#if __has_include(<nats/nats.h>)
#include <nats/nats.h>

/* An enum is an unsigned int to the compiler, and so is what is passed. */
static void they_are_as_in_the_header(void **state)
{
	static const struct nats functions;

	(void)state;
	assert_int_equal(NATS_DONE, NATS_OK);
	assert_int_equal(NATS_TIMED_OUT, NATS_TIMEOUT);
	assert_int_equal(NATS_NOBODY, NATS_NO_RESPONDERS);
	/* unsigned * and natsStatus * are the same to the machine, and no two types to C. */
#define X(result, name, parameters)                                                                \
	assert_true(__builtin_types_compatible_p(__typeof__(functions.name), __typeof__(&name)) || \
		    strcmp(#name, "nats_GetLastError") == 0);
#include "core/transport/nats_functions.def"
#undef X
}
#else
static void they_are_as_in_the_header(void **state)
{
	(void)state;
	skip();
}
#endif

static void the_library_is_loaded_once(void **state)
{
	char complaint[200] = "";
	const struct nats *nats = nats_load(complaint, sizeof complaint);

	(void)state;
	if (nats == NULL) {
		assert_non_null(strstr(complaint, "libnats"));
		skip();
	}
	assert_ptr_equal(nats_load(complaint, sizeof complaint), nats);
	assert_string_equal(complaint, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_as_in_the_header),
		cmocka_unit_test(the_library_is_loaded_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
