/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h - cmocka, and one line to make a program of a list of tests. */
#pragma once

#include "tests/support/cmocka.h"

#define UNIT_TESTS(...)                                           \
	int main(void)                                            \
	{                                                         \
		const struct CMUnitTest tests[] = {__VA_ARGS__};  \
                                                                  \
		return cmocka_run_group_tests(tests, NULL, NULL); \
	}
