/* SPDX-License-Identifier: Apache-2.0 */
/* Names of C++ types as people write them, and others as they stand. */
#include "core/base/type_name.h"

#include "tests/support/cmocka.h"

#include <string.h>

static const char *decoded(const char *mangled)
{
	static char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	type_name_add(mangled, &text);
	return buffer;
}

static const struct {
	const char *mangled, *name;
} readable[] = {
	{"i", "int"},
	{"y", "unsigned long long"},
	{"PKc", "char const*"},
	{"PKPi", "int* const*"},
	{"3Own", "Own"},
	{"St13runtime_error", "std::runtime_error"},
	{"N2my5solve5ErrorE", "my::solve::Error"},
	{"N12_GLOBAL__N_13OwnE", "(anonymous namespace)::Own"},
	{"NSt8ios_base7failureB5cxx11E", "std::ios_base::failure[abi:cxx11]"},
	{"NSt10filesystem7__cxx1116filesystem_errorE",
		"std::filesystem::__cxx11::filesystem_error"},
	{"St17_Nested_exceptionISt11logic_errorE", "std::_Nested_exception<std::logic_error>"},
	{"N5boost10wrapexceptISt13runtime_errorEE", "boost::wrapexcept<std::runtime_error>"},
	{"4PairIiP3OwnE", "Pair<int, Own*>"},
	{"Ss", "std::string"},
	{"NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE", "std::string"},
};

static void a_name_is_readable(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof readable / sizeof *readable; i++)
		assert_string_equal(decoded(readable[i].mangled), readable[i].name);
}

static void another_form_stays_as_it_is(void **state)
{
	static const char *const others[] = {
		"",
		"Z4mainE3Own",
		"N3Own",
		"99Own",
		"0",
		"NE",
		"NStE",
		"St",
		"iX",
		"4PairI3OwnS0_E",
		"FvvE",
		"A4_c",
		"PPPPPPPPPPPPi",
		"1",
		"99999999999999999999a",
		"\xff\xfe",
		"3OwnB",
		"3OwnI",
	};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_string_equal(decoded(others[i]), others[i]);
}

static void a_full_text_is_no_trap(void **state)
{
	char buffer[8];
	struct text text;

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	type_name_add("St13runtime_error", &text);
	assert_string_equal(buffer, "std::ru");
	assert_true(text.truncated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_readable),
		cmocka_unit_test(another_form_stays_as_it_is),
		cmocka_unit_test(a_full_text_is_no_trap),
	};

	return cmocka_run_group_tests_name("type_name", tests, NULL, NULL);
}
